import { primaryClient } from '@perennial/persistence';
import type { Client } from 'pg';

const CONNECT_MS = 5_000;

/** Connects to a Postgres for as long as `use` runs. */
export async function withPostgres<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await primaryClient(url, {
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'perennial-cli',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
