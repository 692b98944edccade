import { Database, PrimaryPool } from '@perennial/persistence';
import { Metrics, type Runtime } from '@perennial/runtime';

const TIMEOUT_MS = 5_000;

/**
 * A connection for heartbeats only: with a shared pool, a busy process would look dead, and would take others for dead because its own
 * heartbeat waited for a connection. Closed when the process ends.
 */
export function heartbeatDatabase({ url, schema }: { url: string; schema: string }, runtime: Runtime): Database {
  const pool = new PrimaryPool(url, {
    max: 1,
    application_name: `${runtime.instance}-heartbeat`,
    options: `-c search_path=${schema},public`,
    connectionTimeoutMillis: TIMEOUT_MS,
    statement_timeout: TIMEOUT_MS,
    query_timeout: 2 * TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', () => undefined);
  runtime.drain.add('close', 'close the heartbeat connection', () => pool.end());
  // Metrics of its own: the pool metrics describe the pool that serves the work.
  return new Database(pool, new Metrics(runtime.name));
}
