import { Database } from '@perennial/persistence';
import { Metrics, type Runtime } from '@perennial/runtime';
import { Pool } from 'pg';
import type { ChatEnv } from '../../env';

/** Injection token of the connection for heartbeats. */
export const HEARTBEAT_DATABASE = Symbol('HEARTBEAT_DATABASE');

const TIMEOUT_MS = 5_000;

/**
 * One connection that nothing else uses: a process whose pool is busy with a rush of turns must not look dead, nor take others
 * for dead because its own heartbeat waited in line.
 */
export function heartbeatDatabase(env: ChatEnv, runtime: Runtime): Database {
  const pool = new Pool({
    connectionString: env.DATABASE_URL,
    max: 1,
    application_name: `${runtime.instance}-heartbeat`,
    options: '-c search_path=chat,public',
    connectionTimeoutMillis: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    query_timeout: 2 * TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', () => undefined);
  runtime.drain.add('close', 'close the heartbeat connection', () => pool.end());
  // Its own metrics: the figures of a pool are those of the pool that serves the turns.
  return new Database(pool, new Metrics(runtime.name));
}
