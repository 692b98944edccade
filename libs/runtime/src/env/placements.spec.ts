import { describe, expect, it } from 'vitest';
import { placementEnv, placementPrints } from './placements';

const print = (definition: object, change: object = {}): string | undefined => {
  const eu = { blobs: 'default', vectors: 'default', connections: [], ...definition, ...change };
  return placementPrints(placementEnv.PLACEMENTS.parse(JSON.stringify({ eu })))['eu'];
};

describe('the fingerprint of a placement', () => {
  const s3 = { STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'eu', S3_ACCESS_KEY_ID: 'one', S3_SECRET_ACCESS_KEY: 'one' };
  const pgvector = { VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: 'postgres://me:one@db/eu?password=one' };
  const eu = { blobs: s3, vectors: pgvector, connections: ['a', 'b'] };

  it.each([
    ['the order of its parts', { connections: ['b/', 'a'], blobs: Object.fromEntries(Object.entries(s3).reverse()) }],
    ['keys', { blobs: { ...s3, S3_ACCESS_KEY_ID: 'two', S3_SECRET_ACCESS_KEY: 'two' } }],
    ['passwords', { vectors: { ...pgvector, PGVECTOR_DB_URL: 'postgres://me:two@db/eu?password=two' } }],
  ])('does not depend on %s', (_, change) => {
    expect(print(eu, change)).toBe(print(eu));
  });

  it.each([
    ['a bucket', { blobs: { ...s3, S3_BUCKET_NAME: 'us' } }],
    ['the beginning of keys', { blobs: { ...s3, S3_KEY_PREFIX: 'eu/' } }],
    ['a database', { vectors: { ...pgvector, PGVECTOR_DB_URL: 'postgres://me:one@db/us' } }],
    ['the store of the installation', { vectors: 'default' }],
    ['a model server', { connections: ['a'] }],
  ])('tells %s', (_, change) => {
    expect(print(eu, change)).not.toBe(print(eu));
  });
});
