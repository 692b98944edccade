import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from '../errors';
import { parseRetryAfter } from '../retry-after';

/** Advice by the store's error name. */
const REMEDIES: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'it does not know the access key: set S3_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret is another one: set S3_SECRET_ACCESS_KEY',
  RequestTimeTooSkewed: "this machine's clock differs from the store's: set the clock",
  ExpiredToken: 'the credentials have expired: renew them',
  CredentialsProviderError: 'there are no credentials: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
  AccessDenied: 'give the access key permission to read, write, list and delete in the bucket',
  NoSuchBucket: 'the bucket does not exist: create it, or set S3_BUCKET_NAME',
  PermanentRedirect: 'the bucket is in another region: set S3_REGION_NAME',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set S3_REGION_NAME',
};

const REFUSED = new Set([301, 307, 308, 400, 401, 403, 404, 405, 411, 412, 501]);

/**
 * Maps an error of the SDK to the contract's errors. Only its name and status are shown: messages, requests and causes contain keys,
 * signatures and addresses.
 *
 * @param key of the missing blob; without it a 404 is the bucket's
 */
export function translateS3Error(error: unknown, key?: string): Error {
  if (error instanceof BlobStoreError) return error;
  const { name, $metadata, code, $response } = error as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
    $response?: { headers?: Record<string, string> };
  };
  const status = $metadata?.httpStatusCode;
  if (key !== undefined && (name === 'NoSuchKey' || (name === 'NotFound' && status === 404)))
    return new BlobNotFoundError(key);
  if (status === 404 && (name === 'NotFound' || name === 'UnknownError')) return denied('NoSuchBucket', status);
  if (name !== undefined && name in REMEDIES) return denied(name, status);
  if (status === 401 || status === 403) return denied('AccessDenied', status);
  if (status !== undefined && REFUSED.has(status)) return denied(name ?? 'unknown', status);
  return new BlobStoreUnavailableError(
    `The S3 store does not answer (${[code ?? name, status].filter((part) => part !== undefined).join(', ')}): see S3_ENDPOINT_URL`,
    parseRetryAfter($response?.headers?.['retry-after']),
  );
}

function denied(name: string, status: number | undefined): BlobStoreDeniedError {
  const said = status === undefined ? name : `${name}, ${status}`;
  return new BlobStoreDeniedError(`The S3 store refuses us (${said})${REMEDIES[name] ? `: ${REMEDIES[name]}` : ''}`);
}
