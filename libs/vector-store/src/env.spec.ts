import { type EnvSource, placementPrints, readEnv, type VariableMeta } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vectorStoreEnv, vectorStorePrints, vectorStoreRules } from './declared';
import { chromaHeaders, openSearchHeaders, storeEnv } from './env';

const read = (source: EnvSource) =>
  readEnv(z.object(vectorStoreEnv).superRefine(vectorStoreRules), source, { service: 'test' });

describe('vectorStoreEnv', () => {
  it('defaults to the embedded store', () => {
    expect(read({})).toMatchObject({ VECTOR_DB: 'lancedb', DATA_DIR: 'data', VECTOR_DB_TIMEOUT_MS: 5_000 });
  });

  it('requires the address of the chosen store', () => {
    expect(() => read({ VECTOR_DB: 'qdrant' })).toThrow(/QDRANT_URI is not set/);
    expect(() => read({ VECTOR_DB: 'pgvector' })).toThrow(/PGVECTOR_DB_URL is not set/);
    expect(() => read({ VECTOR_DB: 'weaviate' })).toThrow(/VECTOR_DB/);
    expect(() => read({ VECTOR_DB: 'chroma' })).toThrow(/CHROMA_HTTP_HOST is not set/);
    expect(() => read({ VECTOR_DB: 'milvus' })).toThrow(/MILVUS_URI is not set/);
    expect(() => read({ VECTOR_DB: 'opensearch' })).toThrow(/OPENSEARCH_URI is not set/);
    expect(() => read({ VECTOR_DB: 'milvus', MILVUS_URI: 'http://milvus:19530' })).toThrow(
      /KEYWORDS_DB_URL is not set/,
    );
    expect(read({ VECTOR_DB: 'qdrant', QDRANT_URI: 'http://qdrant:6333' }).QDRANT_COLLECTION_PREFIX).toBe('perennial');
  });

  it('defaults to the service’s database for pgvector', () => {
    const schema = z.object({ ...vectorStoreEnv, DATABASE_URL: z.string().optional() }).superRefine(vectorStoreRules);
    expect(
      readEnv(schema, { VECTOR_DB: 'pgvector', DATABASE_URL: 'postgres://db/p' }, { service: 'test' }).VECTOR_DB,
    ).toBe('pgvector');
  });

  it('requires no more confirmed copies of Qdrant than there are', () => {
    const qdrant = { VECTOR_DB: 'qdrant', QDRANT_URI: 'http://qdrant:6333' };
    expect(() => read({ ...qdrant, QDRANT_WRITE_CONSISTENCY_FACTOR: '2' })).toThrow(/QDRANT_REPLICATION_FACTOR/);
    expect(read({ ...qdrant, QDRANT_WRITE_CONSISTENCY_FACTOR: '2', QDRANT_REPLICATION_FACTOR: '2' })).toBeDefined();
  });

  it('turns credentials and headers for Chroma into headers', () => {
    const chroma = { VECTOR_DB: 'chroma', CHROMA_HTTP_HOST: 'chroma', KEYWORDS_DB_URL: 'postgres://db/words' };
    const headers = (source: EnvSource) => chromaHeaders(read({ ...chroma, ...source }));
    expect(headers({})).toEqual({});
    expect(headers({ CHROMA_HTTP_HEADERS: 'x-team=a=b,x-zone=c' })).toEqual({ 'x-team': 'a=b', 'x-zone': 'c' });
    const CHROMA_CLIENT_AUTH_CREDENTIALS = 'user:secret';
    expect(headers({ CHROMA_CLIENT_AUTH_CREDENTIALS })).toEqual({ authorization: 'Bearer user:secret' });
    const basic = 'chromadb.auth.basic_authn.BasicAuthClientProvider';
    expect(headers({ CHROMA_CLIENT_AUTH_PROVIDER: basic, CHROMA_CLIENT_AUTH_CREDENTIALS })).toEqual({
      authorization: 'Basic dXNlcjpzZWNyZXQ=',
    });
    expect(() => headers({ CHROMA_HTTP_HEADERS: 'nothing' })).toThrow(/CHROMA_HTTP_HEADERS/);
  });

  it('turns the user and headers for OpenSearch into headers, and trusts certificates only if they are trusted', () => {
    const opensearch = { VECTOR_DB: 'opensearch', OPENSEARCH_URI: 'https://opensearch:9200' };
    const user = { OPENSEARCH_USERNAME: 'me', OPENSEARCH_PASSWORD: 'a:b' };
    const headers = (source: EnvSource) => openSearchHeaders(read({ ...opensearch, ...source }));
    expect(headers({})).toEqual({});
    expect(headers({ OPENSEARCH_HTTP_HEADERS: 'authorization=ApiKey abc' })).toEqual({ authorization: 'ApiKey abc' });
    expect(headers({ ...user, OPENSEARCH_HTTP_HEADERS: 'x-team=a' })).toEqual({
      'x-team': 'a',
      authorization: 'Basic bWU6YTpi',
    });
    expect(read(opensearch).OPENSEARCH_CERT_VERIFY).toBe(true);
    expect(() => headers({ OPENSEARCH_URI: 'https://me:hunter2@opensearch:9200' })).toThrow(/may not have a user/);
    expect(() => headers({ OPENSEARCH_USERNAME: 'me' })).toThrow(/OPENSEARCH_PASSWORD/);
    expect(() => headers({ OPENSEARCH_PASSWORD: 'a' })).toThrow(/OPENSEARCH_USERNAME/);
  });

  it('requires a database of its own for the words of a placement', () => {
    const vectors = { VECTOR_DB: 'chroma', CHROMA_HTTP_HOST: 'chroma.eu' };
    const placed = (store: object) =>
      read({ PLACEMENTS: JSON.stringify({ eu: { blobs: 'default', vectors: store, connections: [] } }) });
    expect(() => placed(vectors)).toThrow(/wrong store of vectors for "eu": KEYWORDS_DB_URL is needed/);
    expect(placed({ ...vectors, KEYWORDS_DB_URL: 'postgres://eu/words' }).PLACEMENTS.has('eu')).toBe(true);
  });
});

it('no secret of a placement’s store is in its fingerprint', () => {
  const rest = { blobs: 'default' as const, connections: [] };
  const print = (name: string, secret: string) =>
    placementPrints(new Map([['eu', { ...rest, vectors: { [name]: `scheme://me:${secret}@host/` } }]]))['eu'];
  const secrets = Object.entries(storeEnv).filter(
    ([, schema]) => ((schema as z.ZodType).meta() as VariableMeta | undefined)?.secret,
  );
  expect(secrets.length).toBeGreaterThan(0);
  for (const [name] of secrets) expect([name, print(name, 'one')]).toEqual([name, print(name, 'two')]);
});

describe('the stores of vectors of placements', () => {
  const qdrant = (prefix: string, uri = 'http://qdrant:6333') => ({
    ...{ VECTOR_DB: 'qdrant', QDRANT_URI: uri, QDRANT_COLLECTION_PREFIX: prefix },
  });
  const pgvector = (url: string) => ({ VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: url });
  const milvus = (prefix: string, words: string) => ({
    ...{ VECTOR_DB: 'milvus', MILVUS_URI: 'http://milvus:19530', MILVUS_COLLECTION_PREFIX: prefix },
    KEYWORDS_DB_URL: `postgres://db/${words}`,
  });
  const opensearch = (prefix: string) => ({
    ...{ VECTOR_DB: 'opensearch', OPENSEARCH_URI: 'https://search:9200', OPENSEARCH_COLLECTION_PREFIX: prefix },
  });
  const start = (own: object, ...placed: object[]) => {
    const all = placed.map((vectors, at) => [`p${at}`, { blobs: 'default', vectors, connections: [] }] as const);
    return () => read({ ...own, PLACEMENTS: JSON.stringify(Object.fromEntries(all)) });
  };

  it.each([
    ['the collections of the installation', qdrant('perennial'), [qdrant('perennial', 'http://QDRANT:6333/')]],
    ['those of another one', {}, [qdrant('eu'), qdrant('us'), qdrant('eu')]],
    ['names that begin like those of another one', qdrant('perennial'), [qdrant('perennial_eu')]],
    ['the collections of a Milvus', milvus('perennial', 'a'), [milvus('perennial_eu', 'b')]],
    ['the indexes of an OpenSearch', opensearch('perennial'), [opensearch('perennial_eu')]],
    ['a database for the words', milvus('one', 'words'), [milvus('two', 'words')]],
    ['a database', pgvector('postgres://a:a@db/v'), [pgvector('postgres://b:b@db/v?sslmode=require')]],
  ])('refuse the start when they share %s', (_, own, placed) => {
    expect(start(own, ...placed)).toThrow(/PLACEMENTS has stores of vectors in one place: .* and that of "p/);
  });

  it('may share a server', () => {
    expect(
      start(qdrant('perennial'), qdrant('eu'), qdrant('us'), qdrant('perennial', 'http://other:6333')),
    ).not.toThrow();
    expect(start(pgvector('postgres://db/a'), pgvector('postgres://db/b'))).not.toThrow();
  });
});

describe('the stores of vectors by name', () => {
  const qdrant = { VECTOR_DB: 'qdrant', QDRANT_URI: 'http://qdrant:6333' };
  const DATABASE_URL = 'postgres://db/perennial';
  const schema = z.object({ ...vectorStoreEnv, DATABASE_URL: z.string().optional() }).superRefine(vectorStoreRules);
  const start = (stores: object, own: EnvSource = {}) =>
    readEnv(schema, { DATABASE_URL, ...own, VECTOR_STORES: JSON.stringify(stores) }, { service: 'test' });

  it('have the database of the installation for vectors and words', () => {
    const milvus = { VECTOR_DB: 'milvus', MILVUS_URI: 'http://milvus:19530' };
    expect(Object.keys(vectorStorePrints(start({ pg: { VECTOR_DB: 'pgvector' }, milvus })))).toEqual([
      'default',
      'pg',
      'milvus',
    ]);
  });

  it.each([
    ['a name with other characters', { Qdrant: qdrant }, {}, /VECTOR_STORES/],
    ['an unknown variable', { q: { ...qdrant, QDRANT_URL: 'x' } }, {}, /wrong store "q": .*QDRANT_URL/],
    ['no address', { q: { VECTOR_DB: 'qdrant' } }, {}, /wrong store "q": QDRANT_URI is needed/],
    ['the place of the first', { q: qdrant }, qdrant, /VECTOR_STORES has stores of vectors in one place/],
    ['the place of another', { pg: { VECTOR_DB: 'pgvector' } }, { VECTOR_DB: 'pgvector' }, /in one place/],
    ['the name of the first', { main: qdrant }, { VECTOR_STORE_NAME: 'main' }, /has "main", which is the name/],
    ['a second embedded store', { l: { VECTOR_DB: 'lancedb', DATA_DIR: '/other' } }, {}, /there can be one/],
    ['no object', '{', {}, /VECTOR_STORES/],
  ])('are refused with %s', (_, stores, own, message) => {
    expect(() => start(stores as object, own)).toThrow(message);
  });

  it('tell where they are, whoever declares them, without secrets', () => {
    const moved = start({ q: { ...qdrant, QDRANT_API_KEY: 'one' } });
    const ended = start({}, { ...qdrant, QDRANT_API_KEY: 'two', VECTOR_STORE_NAME: 'q' });
    expect(vectorStorePrints(moved)['q']).toBe(vectorStorePrints(ended)['q']);
    const elsewhere = start({ q: { ...qdrant, QDRANT_COLLECTION_PREFIX: 'other' } });
    expect(vectorStorePrints(elsewhere)['q']).not.toBe(vectorStorePrints(moved)['q']);
  });
});
