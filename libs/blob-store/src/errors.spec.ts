import { describe, expect, it } from 'vitest';
import { translateAzureError } from './azure/errors';
import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreUnavailableError } from './errors';
import { translateFileError } from './filesystem/errors';
import { GcsReplyError, translateGcsError } from './gcs/errors';
import { translateS3Error } from './s3/errors';

const ofFile = (code: string) => Object.assign(new Error(`${code}: write '/srv/secret'`), { code, syscall: 'write' });
const ofS3 = (name: string, status?: number, code?: string) =>
  Object.assign(new Error('signature of AKIA123 with hush'), { name, code, $metadata: { httpStatusCode: status } });

describe('errors of the contract', () => {
  it.each([
    ['EACCES', BlobStoreDeniedError, /read and write permission below DATA_DIR/],
    ['EROFS', BlobStoreDeniedError, /DATA_DIR/],
    ['ENOSPC', BlobStoreUnavailableError, /disk of DATA_DIR is full/],
    ['EIO', BlobStoreUnavailableError, /does not answer/],
    ['ENOENT', BlobNotFoundError, /no blob files\/a\/1/],
  ])('map the file system’s %s', (code, kind, sentence) => {
    const error = translateFileError(ofFile(code), 'files/a/1');
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('/srv/secret');
  });

  it('pass on errors of a put’s source unchanged', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
    expect(translateFileError(reset, 'files/a/1')).toBe(reset);
  });

  it.each([
    ['InvalidAccessKeyId', 403, BlobStoreDeniedError, /set S3_ACCESS_KEY_ID/],
    ['SignatureDoesNotMatch', 403, BlobStoreDeniedError, /set S3_SECRET_ACCESS_KEY/],
    ['RequestTimeTooSkewed', 403, BlobStoreDeniedError, /set the clock/],
    ['AccessDenied', 403, BlobStoreDeniedError, /permission/],
    ['403', 403, BlobStoreDeniedError, /permission/],
    ['NoSuchBucket', 404, BlobStoreDeniedError, /create it/],
    ['PermanentRedirect', 301, BlobStoreDeniedError, /S3_REGION_NAME/],
    ['CredentialsProviderError', undefined, BlobStoreDeniedError, /set S3_ACCESS_KEY_ID and/],
    ['NoSuchKey', 404, BlobNotFoundError, /no blob/],
    ['NotFound', 404, BlobNotFoundError, /no blob/],
    ['SlowDown', 503, BlobStoreUnavailableError, /does not answer/],
    ['InternalError', 500, BlobStoreUnavailableError, /does not answer/],
    ['TimeoutError', undefined, BlobStoreUnavailableError, /S3_ENDPOINT_URL/],
  ])('S3 says %s (%s)', (name, status, kind, sentence) => {
    const error = translateS3Error(ofS3(name, status), 'files/a/1');
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toMatch(/hush|AKIA/);
    expect(error.cause).toBeUndefined();
  });

  it('map a 404 without a blob to the bucket', () => {
    expect(translateS3Error(ofS3('NotFound', 404))).toBeInstanceOf(BlobStoreDeniedError);
  });

  it.each([
    [401, '', BlobStoreDeniedError, /set GOOGLE_APPLICATION_CREDENTIALS_JSON/],
    [403, 'files@acme may not', BlobStoreDeniedError, /role Storage Object User/],
    [404, 'No such object: b/files/a/1', BlobNotFoundError, /no blob files\/a\/1/],
    [404, 'The specified bucket does not exist.', BlobStoreDeniedError, /set GCS_BUCKET_NAME/],
    [400, '', BlobStoreDeniedError, /GCS_BUCKET_NAME/],
    [429, '', BlobStoreUnavailableError, /does not answer \(429\)/],
    [503, '', BlobStoreUnavailableError, /does not answer \(503\)/],
  ])('Google says %d: %s', (status, text, kind, sentence) => {
    const error = translateGcsError(new GcsReplyError(status, text, 7), 'files/a/1');
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('acme');
    if (error instanceof BlobStoreUnavailableError) expect(error.retryAfterS).toBe(7);
  });

  it.each([
    ['AuthenticationFailed', 403, BlobStoreDeniedError, /set AZURE_STORAGE_KEY/],
    ['AuthorizationFailure', 403, BlobStoreDeniedError, /firewall/],
    [undefined, 403, BlobStoreDeniedError, /set AZURE_STORAGE_KEY/],
    ['ContainerNotFound', 404, BlobStoreDeniedError, /set AZURE_STORAGE_CONTAINER_NAME/],
    ['BlobNotFound', 404, BlobNotFoundError, /no blob files\/a\/1/],
    ['ServerBusy', 503, BlobStoreUnavailableError, /ServerBusy, 503/],
    ['ENOTFOUND', undefined, BlobStoreUnavailableError, /see AZURE_STORAGE_ENDPOINT/],
  ])('Azure says %s (%s)', (code, statusCode, kind, sentence) => {
    const response = { headers: new Headers({ 'retry-after': '7' }) };
    const failure = Object.assign(new Error('sig=hush'), { code, statusCode, response });
    const error = translateAzureError(failure, 'files/a/1');
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('hush');
    if (error instanceof BlobStoreUnavailableError) expect(error.retryAfterS).toBe(7);
  });
});
