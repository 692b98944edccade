import { EnvError, placementPrints, readEnv, type VariableMeta } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blobStoreEnv, blobStoreRules } from './env';
import { s3PlaceOf } from './s3/client';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);
const read = (variables: Record<string, string>) => readEnv(schema, variables, { service: 'retrieval' });

describe('variables of the blob store', () => {
  it('default to a directory', () => {
    expect(read({})).toMatchObject({ STORAGE_PROVIDER: 'local', DATA_DIR: 'data' });
  });

  it.each([
    ['S3 without a bucket', {}, /S3_BUCKET_NAME is not set/],
    ['half a key', { S3_BUCKET_NAME: 'b', S3_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, /S3_SECRET_ACCESS_KEY is not set/],
    ['the other half', { S3_BUCKET_NAME: 'b', S3_SECRET_ACCESS_KEY: 'hush hush' }, /S3_ACCESS_KEY_ID is not set/],
    [
      'an address that is none',
      { S3_BUCKET_NAME: 'b', S3_ENDPOINT_URL: 'minio:9000' },
      /S3_ENDPOINT_URL must be a URL/,
    ],
    ['a prefix with a way out', { S3_BUCKET_NAME: 'b', S3_KEY_PREFIX: 'a//b' }, /S3_KEY_PREFIX may only have/],
    ['a key that is not used', { S3_BUCKET_NAME: 'b', S3_SSE_KMS_KEY_ID: 'k' }, /S3_SSE_KMS_KEY_ID is only used with/],
    ['GCS without a bucket', { STORAGE_PROVIDER: 'gcs' }, /GCS_BUCKET_NAME is not set/],
    [
      'credentials that are none',
      { STORAGE_PROVIDER: 'gcs', GCS_BUCKET_NAME: 'b', GOOGLE_APPLICATION_CREDENTIALS_JSON: '{"private_key":"hush"}' },
      /GOOGLE_APPLICATION_CREDENTIALS_JSON is not the JSON/,
    ],
    ['Azure without an address', { STORAGE_PROVIDER: 'azure' }, /AZURE_STORAGE_ENDPOINT is not set/],
    ['Azure without a key', { STORAGE_PROVIDER: 'azure' }, /AZURE_STORAGE_KEY is not set/],
    ['a key that is none', { STORAGE_PROVIDER: 'azure', AZURE_STORAGE_KEY: 'hush hush' }, /AZURE_STORAGE_KEY/],
  ])('%s fails the start and names the variable', (_, variables, sentence) => {
    const start = () => read({ STORAGE_PROVIDER: 's3', ...variables });
    expect(start).toThrow(EnvError);
    expect(start).toThrow(sentence);
    expect(start).not.toThrow(/hush/);
  });

  it('refuse an unsupported provider by name', () => {
    expect(() => read({ STORAGE_PROVIDER: 'ftp' })).toThrow(/STORAGE_PROVIDER/);
  });

  it.each([
    ['a/b', 'a/b/'],
    ['/a/b/', 'a/b/'],
    ['', ''],
  ])('the prefix %j becomes %j before every key', (given, prefix) => {
    const config = read({ STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'b', S3_KEY_PREFIX: given });
    expect(s3PlaceOf(config)).toMatchObject({ bucket: 'b', prefix });
  });
});

it('no secret of a placement’s store is in its fingerprint', () => {
  const rest = { vectors: 'default' as const, connections: [] };
  const print = (name: string, secret: string) =>
    placementPrints(new Map([['eu', { ...rest, blobs: { [name]: `scheme://me:${secret}@host/` } }]]))['eu'];
  const variables = Object.entries(blobStoreEnv).filter(([name]) => name !== 'PLACEMENTS');
  const secrets = variables.filter(([, schema]) => ((schema as z.ZodType).meta() as VariableMeta | undefined)?.secret);
  expect(secrets.length).toBeGreaterThan(0);
  for (const [name] of secrets) expect([name, print(name, 'one')]).toEqual([name, print(name, 'two')]);
});
