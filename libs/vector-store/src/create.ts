import { join } from 'node:path';
import type { Driver } from './driver';
import type { VectorStoreConfig } from './env';
import { VectorStoreError } from './errors';
import { LancedbDriver } from './lancedb/lancedb-driver';
import { PgvectorDriver } from './pgvector/pgvector-driver';
import { QdrantDriver } from './qdrant/qdrant-driver';
import { DEFAULT_TIMEOUTS, ResilientDriver, type StoreTimeouts } from './resilience/resilient-driver';
import { CheckedStore } from './store';
import type { VectorStore } from './types';

/** The configured store. Opens nothing yet: a store that is away is told by the first call. */
export function createVectorStore(config: VectorStoreConfig): VectorStore {
  const timeouts = { ...DEFAULT_TIMEOUTS, read: config.VECTOR_DB_TIMEOUT_MS };
  return new CheckedStore(new ResilientDriver(driverOf(config, timeouts), { timeouts }));
}

function driverOf(config: VectorStoreConfig, timeouts: StoreTimeouts): Driver {
  switch (config.VECTOR_DB) {
    case 'lancedb':
      return new LancedbDriver({ directory: join(config.DATA_DIR, 'vectors') });
    case 'qdrant':
      return new QdrantDriver({
        url: needed(config.QDRANT_URI, 'QDRANT_URI'),
        apiKey: config.QDRANT_API_KEY,
        prefix: config.QDRANT_COLLECTION_PREFIX,
        hnswM: config.QDRANT_HNSW_M,
        onDisk: config.QDRANT_ON_DISK,
        readTimeoutMs: timeouts.read,
        writeTimeoutMs: timeouts.write,
      });
    case 'pgvector':
      return new PgvectorDriver({
        url: needed(config.PGVECTOR_DB_URL ?? config.DATABASE_URL, 'PGVECTOR_DB_URL'),
        poolSize: config.PGVECTOR_POOL_SIZE,
        hnswM: config.PGVECTOR_HNSW_M,
        hnswEfConstruction: config.PGVECTOR_HNSW_EF_CONSTRUCTION,
        readTimeoutMs: timeouts.read,
        writeTimeoutMs: timeouts.write,
        adminTimeoutMs: timeouts.admin,
      });
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new VectorStoreError('INVALID', `the vector store needs ${name}`);
  return value;
}
