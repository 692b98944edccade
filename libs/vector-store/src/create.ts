import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Driver, DriverFacts } from './driver';
import { placedVectorConfigs, type VectorStoreConfig } from './env';
import { VectorStoreError } from './errors';
import { VectorStores } from './placed';
import { DEFAULT_TIMEOUTS, ResilientDriver, type StoreTimeouts } from './resilience/resilient-driver';
import { CheckedStore } from './store';
import type { VectorStore } from './types';

const FACTS: Record<VectorStoreConfig['VECTOR_DB'], DriverFacts> = {
  // Each write is a version of the whole table, so writes are few and large.
  lancedb: { system: 'lancedb', capabilities: { hybrid: true, sharedBetweenHosts: false }, batchSize: 1_000 },
  qdrant: { system: 'qdrant', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
  pgvector: { system: 'postgresql', capabilities: { hybrid: true, sharedBetweenHosts: true }, batchSize: 256 },
};

type OneStore = Omit<VectorStoreConfig, 'PLACEMENTS'>;

/** The configured store. Connects on the first call, which reports a store that is away. */
export function createVectorStore(config: OneStore): VectorStore {
  const timeouts = { ...DEFAULT_TIMEOUTS, read: config.VECTOR_DB_TIMEOUT_MS };
  const load = loader(config, timeouts);
  return new CheckedStore(new ResilientDriver(FACTS[config.VECTOR_DB], load, { timeouts }));
}

/** The configured store and those of the placements. */
export function createVectorStores(config: VectorStoreConfig): VectorStores {
  const own = createVectorStore(config);
  const placed = new Map([...config.PLACEMENTS.keys()].map((name) => [name, own]));
  for (const [name, { data, error }] of placedVectorConfigs(config)) {
    if (!data) throw error;
    placed.set(name, createVectorStore(data));
  }
  return new VectorStores(own, placed);
}

/** Checks the configuration at once, and loads the client of the chosen store on demand. */
function loader(config: OneStore, timeouts: StoreTimeouts): () => Promise<Driver> {
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
        readTimeoutMs: timeouts.read,
        writeTimeoutMs: timeouts.write,
      };
      return async () => new (await import('./qdrant/qdrant-driver')).QdrantDriver(settings);
    }
    case 'pgvector': {
      const settings = {
        url: needed(config.PGVECTOR_DB_URL ?? config.DATABASE_URL, 'PGVECTOR_DB_URL'),
        poolSize: config.PGVECTOR_POOL_SIZE,
        hnswM: config.PGVECTOR_HNSW_M,
        hnswEfConstruction: config.PGVECTOR_HNSW_EF_CONSTRUCTION,
        readTimeoutMs: timeouts.read,
        writeTimeoutMs: timeouts.write,
        adminTimeoutMs: timeouts.admin,
      };
      return async () => new (await import('./pgvector/pgvector-driver')).PgvectorDriver(settings);
    }
  }
}

/** The embedded store is as large as everything else together, so that some installations are without it. */
function needPackage(name: string): void {
  try {
    createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new VectorStoreError(
      'INVALID',
      `VECTOR_DB=lancedb needs the package ${name}, which is not installed: use the image retrieval-lancedb, or set VECTOR_DB to qdrant or pgvector`,
      { cause },
    );
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new VectorStoreError('INVALID', `the vector store needs ${name}`);
  return value;
}
