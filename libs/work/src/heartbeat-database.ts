import { Database, type DatabaseOptions, PrimaryPool, sessionOf } from '@perennial/persistence';
import { Metrics, type Runtime } from '@perennial/runtime';

const TIMEOUT_MS = 5_000;

/**
 * A connection for heartbeats only: with a shared pool, a busy process would look dead, and would take others for dead because its own
 * heartbeat waited for a connection. Closed when the process ends.
 */
export function heartbeatDatabase(
  { url, pooler, schema }: Pick<DatabaseOptions, 'url' | 'pooler' | 'schema'>,
  runtime: Runtime,
): Database {
  const session = sessionOf({ pooler }, { search_path: `${schema},public`, statement_timeout: TIMEOUT_MS });
  const pool = new PrimaryPool(url, {
    max: 1,
    application_name: `${runtime.instance}-heartbeat`,
    ...session.startUp,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: 2 * TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', () => undefined);
  runtime.drain.add('close', 'close the heartbeat connection', () => pool.end());
  // Metrics of its own: the pool metrics describe the pool that serves the work.
  return new Database(pool, new Metrics(runtime.name), 'main', session.local);
}
