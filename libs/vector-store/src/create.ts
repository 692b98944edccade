import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installationStores, placedVectorConfigs, type VectorStoreConfig } from './declared';
import type { DenseDriver, Driver, DriverFacts } from './driver';
import { chromaHeaders, openSearchHeaders, type StoreConfig } from './env';
import { VectorStoreError } from './errors';
import type { KeywordIndexConfig } from './keywords/keyword-index';
import { DEFAULT_TIMEOUTS, ResilientDriver, type StoreTimeouts } from './resilience/resilient-driver';
import { CheckedStore } from './store';
import { VectorStores } from './stores';
import type { VectorStore } from './types';

const FACTS: Record<StoreConfig['VECTOR_DB'], DriverFacts> = {
  // Each write is a version of the whole table, so writes are few and large.
  lancedb: { system: 'lancedb', capabilities: { hybrid: true, sharedBetweenHosts: false }, batchSize: 1_000 },
  qdrant: { system: 'qdrant', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
  pgvector: { system: 'postgresql', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
  chroma: { system: 'chroma', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
  milvus: { system: 'milvus', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
  opensearch: { system: 'opensearch', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
};

/** The configured store. Connects on the first call, which reports a store that is away. */
export function createVectorStore(config: StoreConfig): VectorStore {
  const timeouts = { ...DEFAULT_TIMEOUTS, read: config.VECTOR_DB_TIMEOUT_MS };
  const load = loader(config, timeouts);
  return new CheckedStore(new ResilientDriver(FACTS[config.VECTOR_DB], load, { timeouts }));
}

/** The configured stores: the installation's, and those of the placements. */
export function createVectorStores(config: VectorStoreConfig): VectorStores {
  const named = new Map([...installationStores(config)].map(([name, store]) => [name, createVectorStore(store)]));
  const placed = new Map<string, VectorStore | 'default'>(
    [...config.PLACEMENTS.keys()].map((name) => [name, 'default']),
  );
  for (const [name, { data, error }] of placedVectorConfigs(config)) {
    if (!data) throw error;
    placed.set(name, createVectorStore(data));
  }
  return new VectorStores({ named, ownName: config.VECTOR_STORE_NAME, placed });
}

/** Checks the configuration at once, and loads the client of the chosen store on demand. */
function loader(config: StoreConfig, timeouts: StoreTimeouts): () => Promise<Driver> {
  const limits = { readTimeoutMs: timeouts.read, writeTimeoutMs: timeouts.write, adminTimeoutMs: timeouts.admin };
  switch (config.VECTOR_DB) {
    case 'lancedb': {
      const directory = join(config.DATA_DIR, 'vectors');
      needPackage('@lancedb/lancedb');
      return async () => new (await import('./lancedb/lancedb-driver')).LancedbDriver({ directory });
    }
    case 'qdrant': {
      const settings = {
        url: needed(config.QDRANT_URI, 'QDRANT_URI'),
        apiKey: config.QDRANT_API_KEY,
        prefix: config.QDRANT_COLLECTION_PREFIX,
        hnswM: config.QDRANT_HNSW_M,
        onDisk: config.QDRANT_ON_DISK,
        shards: config.QDRANT_SHARD_NUMBER,
        replicas: config.QDRANT_REPLICATION_FACTOR,
        writeConsistency: config.QDRANT_WRITE_CONSISTENCY_FACTOR,
        ...limits,
      };
      return async () => new (await import('./qdrant/qdrant-driver')).QdrantDriver(settings);
    }
    case 'pgvector': {
      const settings = {
        url: needed(config.PGVECTOR_DB_URL ?? config.DATABASE_URL, 'PGVECTOR_DB_URL'),
        poolSize: config.PGVECTOR_POOL_SIZE,
        hnswM: config.PGVECTOR_HNSW_M,
        hnswEfConstruction: config.PGVECTOR_HNSW_EF_CONSTRUCTION,
        ...limits,
      };
      return async () => new (await import('./pgvector/pgvector-driver')).PgvectorDriver(settings);
    }
    case 'chroma': {
      const settings = {
        host: needed(config.CHROMA_HTTP_HOST, 'CHROMA_HTTP_HOST'),
        port: config.CHROMA_HTTP_PORT,
        ssl: config.CHROMA_HTTP_SSL,
        tenant: config.CHROMA_TENANT,
        database: config.CHROMA_DATABASE,
        headers: chromaHeaders(config),
        prefix: config.CHROMA_COLLECTION_PREFIX,
        hnswM: config.CHROMA_HNSW_M,
      };
      const points = async () => new (await import('./chroma/chroma-driver')).ChromaDriver(settings);
      return withKeywords(config, points, limits);
    }
    case 'milvus': {
      const settings = {
        url: needed(config.MILVUS_URI, 'MILVUS_URI'),
        token: config.MILVUS_TOKEN,
        database: config.MILVUS_DB,
        prefix: config.MILVUS_COLLECTION_PREFIX,
        hnswM: config.MILVUS_HNSW_M,
        ...limits,
      };
      const points = async () => new (await import('./milvus/milvus-driver')).MilvusDriver(settings);
      return withKeywords(config, points, limits);
    }
    case 'opensearch': {
      const settings = {
        url: needed(config.OPENSEARCH_URI, 'OPENSEARCH_URI'),
        headers: openSearchHeaders(config),
        verifyCertificate: config.OPENSEARCH_CERT_VERIFY,
        prefix: config.OPENSEARCH_COLLECTION_PREFIX,
        hnswM: config.OPENSEARCH_HNSW_M,
        shards: config.OPENSEARCH_NUMBER_OF_SHARDS,
        replicas: config.OPENSEARCH_NUMBER_OF_REPLICAS,
        ...limits,
      };
      return async () => new (await import('./opensearch/opensearch-driver')).OpenSearchDriver(settings);
    }
  }
}

/** A store that cannot search by words, with their index in Postgres. */
function withKeywords(
  { VECTOR_DB: system, KEYWORDS_DB_URL, DATABASE_URL, KEYWORDS_POOL_SIZE: poolSize }: StoreConfig,
  points: () => Promise<DenseDriver>,
  limits: Pick<KeywordIndexConfig, 'readTimeoutMs' | 'writeTimeoutMs' | 'adminTimeoutMs'>,
): () => Promise<Driver> {
  const url = needed(KEYWORDS_DB_URL ?? DATABASE_URL, 'KEYWORDS_DB_URL');
  return async () => {
    const [{ KeywordIndex }, { WithKeywords }] = await Promise.all([
      import('./keywords/keyword-index'),
      import('./keywords/with-keywords'),
    ]);
    return new WithKeywords(await points(), new KeywordIndex({ url, poolSize, system, ...limits }));
  };
}

/** The embedded store is as large as everything else together, so that some installations are without it. */
function needPackage(name: string): void {
  try {
    createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new VectorStoreError(
      'INVALID',
      `VECTOR_DB=lancedb needs the package ${name}, which is not installed: use the image retrieval-lancedb, or set VECTOR_DB to another store`,
      { cause },
    );
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new VectorStoreError('INVALID', `the vector store needs ${name}`);
  return value;
}
