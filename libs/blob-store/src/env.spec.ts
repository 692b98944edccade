import { EnvError, placementPrints, readEnv, type VariableMeta } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blobStoreEnv, blobStorePrints, blobStoreRules, namedBlobConfigs } from './env';
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

describe('further stores', () => {
  const key = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;
  const readWith = (stores: unknown, others: Record<string, string> = {}) =>
    read({ ...others, BLOB_STORES: typeof stores === 'string' ? stores : JSON.stringify(stores) });

  it.each([
    ['what is not JSON', '{', /BLOB_STORES is not JSON/],
    ['the name of the own store', { default: { DATA_DIR: '/b' } }, /"default", which is the store of the installation/],
    ['a store without a place', { cloud: { STORAGE_PROVIDER: 's3' } }, /wrong store "cloud": S3_BUCKET_NAME is needed/],
    ['a directory without a path', { disk: {} }, /wrong store "disk": DATA_DIR is needed/],
    ['a misspelt variable', { disk: { DATA_DIR: '/b', S3_BUKET: 'hush' } }, /wrong store "disk": .*S3_BUKET/],
  ])('%s fails the start', (_, stores, sentence) => {
    expect(() => readWith(stores)).toThrow(sentence);
    expect(() => readWith(stores)).not.toThrow(/hush/);
  });

  it('are encrypted as the own one, unless they say otherwise', () => {
    const others = { BLOB_ENCRYPTION_KEYS: key('a') };
    const stores = {
      same: { DATA_DIR: '/b' },
      own: { DATA_DIR: '/c', BLOB_ENCRYPTION_KEYS: key('b') },
      plain: { DATA_DIR: '/d', BLOB_ENCRYPTION_KEYS: '' },
    };
    const ids = [...namedBlobConfigs(readWith(stores, others))].map(([name, { data }]) => [
      name,
      data?.BLOB_ENCRYPTION_KEYS.map(({ id }) => id),
    ]);
    expect(Object.fromEntries(ids)).toEqual({ same: ['a'], own: ['b'], plain: [] });
  });

  it('have fingerprints that tell other places and not other secrets', () => {
    const prints = (bucket: string, secret: string, dir = '/a') =>
      blobStorePrints(
        readWith(
          {
            cloud: {
              STORAGE_PROVIDER: 's3',
              S3_BUCKET_NAME: bucket,
              S3_ACCESS_KEY_ID: 'k',
              S3_SECRET_ACCESS_KEY: secret,
            },
          },
          { DATA_DIR: dir },
        ),
      );
    expect(prints('a', 'one')).toEqual(prints('a', 'two', '/elsewhere'));
    expect(prints('a', 'one')['cloud']).not.toBe(prints('b', 'one')['cloud']);
    expect(prints('a', 'one')['default']).not.toBe(
      blobStorePrints(read({ STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'a' }))['default'],
    );
  });
});

it('no secret of a placement’s store is in its fingerprint', () => {
  const rest = { vectors: 'default' as const, connections: [] };
  const print = (name: string, secret: string) =>
    placementPrints(new Map([['eu', { ...rest, blobs: { [name]: `scheme://me:${secret}@host/` } }]]))['eu'];
  const variables = Object.entries(blobStoreEnv).filter(([name]) => !['PLACEMENTS', 'BLOB_STORES'].includes(name));
  const secrets = variables.filter(([, schema]) => ((schema as z.ZodType).meta() as VariableMeta | undefined)?.secret);
  expect(secrets.length).toBeGreaterThan(0);
  for (const [name] of secrets) expect([name, print(name, 'one')]).toEqual([name, print(name, 'two')]);
});
