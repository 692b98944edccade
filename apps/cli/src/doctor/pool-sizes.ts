import { HEAVY_POOL_SIZE } from '@perennial/persistence';
import type { DatabaseEnv } from '@perennial/runtime';
import { readFleet } from '@perennial/transport';
import { installationStores, type StoreConfig, type VectorStoreConfig } from '@perennial/vector-store';
import type { z } from 'zod';
import type { callEnv } from '../environment';
import { withPostgres } from '../postgres';
import { withRedis } from '../redis';
import { type Finding, ok, warning } from './finding';

const CHECK = 'postgres connections';
/** Left for migrations, the command line, backups and monitoring. */
const SPARE = 10;

/** Connections for vectors, or for their words, where they are in the database of everything else. */
function besideOf(vectors: VectorStoreConfig | undefined): number {
  const stores = vectors ? [...installationStores(vectors).values()] : [];
  return stores.reduce((sum, store) => sum + connectionsBeside(store), 0);
}

function connectionsBeside(store: StoreConfig): number {
  switch (store.VECTOR_DB) {
    case 'pgvector':
      return store.PGVECTOR_DB_URL === undefined ? store.PGVECTOR_POOL_SIZE : 0;
    case 'chroma':
    case 'milvus':
      return store.KEYWORDS_DB_URL === undefined ? store.KEYWORDS_POOL_SIZE : 0;
    default:
      return 0;
  }
}

/** Connections that one replica of a service may open, as in the table of docs/deploy/postgres.md. */
function connectionsOf(service: string, pool: number, vectors: VectorStoreConfig | undefined): number {
  switch (service) {
    case 'auth':
    case 'config':
      return pool;
    case 'chat':
      // Heavy reads, and the heartbeat.
      return pool + HEAVY_POOL_SIZE + 1;
    case 'retrieval':
      // The heartbeat, and the locks of two background tasks.
      return pool + 3 + besideOf(vectors);
    default:
      return 0;
  }
}

/** Whether Postgres allows the connections that the processes of the fleet may open together, with the pool sizes of this environment. */
export async function checkPoolSizes(
  env: DatabaseEnv,
  vectors: VectorStoreConfig | undefined,
  redis: z.output<typeof callEnv>,
): Promise<Finding[]> {
  // Behind a pooler its own sizes count.
  if (env.DATABASE_POOLER !== undefined) return [];
  const fleet = await withRedis(redis, readFleet).catch(() => []);
  const sizes = fleet
    .filter(({ state }) => state !== 'gone')
    .map(({ service }) => connectionsOf(service, env.DATABASE_POOL_SIZE, vectors))
    .filter((size) => size > 0);
  const needed = sizes.reduce((sum, size) => sum + size, SPARE);
  const allowed = await withPostgres(env.DATABASE_URL, async (client) => {
    const { rows } = await client.query<{ allowed: number }>(
      `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS allowed`,
    );
    return rows[0]?.allowed ?? 0;
  });
  const found = `${sizes.length} processes may open ${needed - SPARE} connections; Postgres allows ${allowed}`;
  if (needed <= allowed) return [ok(CHECK, found)];
  return [
    warning(CHECK, found, `Raise max_connections to ${needed + 3} or more, lower DATABASE_POOL_SIZE, or use a pooler.`),
  ];
}
