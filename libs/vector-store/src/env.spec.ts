import { type EnvSource, readEnv } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vectorStoreEnv, vectorStoreRules } from './env';

const read = (source: EnvSource) =>
  readEnv(z.object(vectorStoreEnv).superRefine(vectorStoreRules), source, { service: 'test' });

describe('vectorStoreEnv', () => {
  it('defaults to the embedded store', () => {
    expect(read({})).toMatchObject({ VECTOR_DB: 'lancedb', DATA_DIR: 'data', VECTOR_DB_TIMEOUT_MS: 5_000 });
  });

  it('requires the address of the chosen store', () => {
    expect(() => read({ VECTOR_DB: 'qdrant' })).toThrow(/QDRANT_URI is not set/);
    expect(() => read({ VECTOR_DB: 'pgvector' })).toThrow(/PGVECTOR_DB_URL is not set/);
    expect(() => read({ VECTOR_DB: 'chroma' })).toThrow(/VECTOR_DB/);
    expect(read({ VECTOR_DB: 'qdrant', QDRANT_URI: 'http://qdrant:6333' }).QDRANT_COLLECTION_PREFIX).toBe('perennial');
  });

  it('defaults to the service’s database for pgvector', () => {
    const schema = z.object({ ...vectorStoreEnv, DATABASE_URL: z.string().optional() }).superRefine(vectorStoreRules);
    expect(
      readEnv(schema, { VECTOR_DB: 'pgvector', DATABASE_URL: 'postgres://db/p' }, { service: 'test' }).VECTOR_DB,
    ).toBe('pgvector');
  });
});
