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
