import { primaryClient } from '@perennial/persistence';
import type { Client } from 'pg';

const CONNECT_MS = 5_000;

/** How sessions of this program are called in `pg_stat_activity`. */
export const CLI_NAME = 'perennial-cli';

/** Connects to a Postgres for as long as `use` runs. */
export async function withPostgres<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await primaryClient(url, { connectionTimeoutMillis: CONNECT_MS, application_name: CLI_NAME });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Sessions of programs that end by themselves. */
const OURS = [CLI_NAME, 'perennial-primary-search'];

/** The names of those who use the database: services of every version have sessions there under the role of DATABASE_URL. */
export async function serviceSessions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT coalesce(nullif(application_name, ''), host(client_addr), 'a session without a name') AS name
       FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
        AND application_name <> ALL ($1) AND application_name NOT LIKE 'perennial-%-migrations'`,
    [OURS],
  );
  return rows.map(({ name }) => name).sort();
}
