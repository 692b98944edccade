import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, type RunningSystem } from '@perennial/launcher';
import { type QdrantServer, ServerUnavailable, startQdrant } from '@perennial/testing/servers';
import { createVectorStore, pointId, type VectorStore, type VectorStoreConfig } from '@perennial/vector-store';
import type { ChunkMark } from './ingestions';

export type StoreName = 'lancedb' | 'qdrant';

/** The vector store of a system. */
export interface OpenStore {
  name: StoreName;
  /** For the services. */
  env: Record<string, string>;
  /** The server, if there is one: it can be stopped. */
  server?: QdrantServer;
}

/** Starts the store's server. Undefined, with a warning, if it is not available. */
export async function openStore(name: StoreName, log: (line: string) => void): Promise<OpenStore | undefined> {
  if (name === 'lancedb') return { name, env: { VECTOR_DB: 'lancedb' } };
  try {
    const server = await startQdrant({ apiKey: 'e2e-key' });
    return { name, server, env: { VECTOR_DB: 'qdrant', QDRANT_URI: server.url, QDRANT_API_KEY: 'e2e-key' } };
  } catch (error) {
    if (!(error instanceof ServerUnavailable) || process.env['CI']) throw error;
    log(`SKIPPED: ${name}: ${error.message}`);
    return undefined;
  }
}

/** Opens the store beside the services, to inspect it. */
export function lookInto(store: OpenStore, system: RunningSystem): VectorStore {
  const config = {
    VECTOR_DB: store.name,
    DATA_DIR: system.home.file('data'),
    VECTOR_DB_TIMEOUT_MS: 30_000,
    QDRANT_COLLECTION_PREFIX: 'perennial',
    ...store.env,
  } as VectorStoreConfig;
  return createVectorStore(config);
}

/** Whether the store has exactly the points of these chunks. */
export async function holdsExactly(
  vectors: VectorStore,
  collection: string,
  place: { scope: string; fileId: string; generation: number },
  chunks: readonly ChunkMark[],
): Promise<boolean> {
  const wanted = new Set(chunks.map(({ ordinal }) => pointId({ ...place, ordinal })));
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await vectors.scroll(collection, {
      filter: { scopes: [place.scope], fileIds: [place.fileId] },
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const point of page.points) if (!wanted.has(point.id)) return false;
    count += page.points.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return count === wanted.size;
}

/** The orphans that the operator's command finds: a count of each kind. */
export async function orphans(store: OpenStore, system: RunningSystem): Promise<Record<string, number>> {
  const program = join(ROOT, 'apps/cli/dist/main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'orphans', '--json'], {
    env: {
      PATH: process.env['PATH'],
      ...store.env,
      DATABASE_URL: system.postgresUrl,
      DATA_DIR: system.home.file('data'),
      ORPHAN_AGE_SECONDS: '1',
    },
  });
  const { removed: _, ...report } = JSON.parse(stdout) as Record<string, number>;
  return report;
}
