import { type DatabaseEnv, databaseServers } from '@perennial/runtime';
import { Client } from 'pg';
import { failed, type Finding, ok } from './finding';

const CHECK = 'postgres pooler';
const CONNECT_MS = 5_000;
/** A session of Postgres itself starts with what it was told. */
const TOLD = 'perennial_doctor';

/** Whether DATABASE_URL leads to a pooler, and whether the services know it. */
export async function checkPooler(env: DatabaseEnv): Promise<Finding[]> {
  const { DATABASE_POOLER: known, DATABASE_DIRECT_URL: directUrl } = env;
  if (known !== undefined && directUrl === undefined)
    return [
      failed(
        CHECK,
        'DATABASE_POOLER is set without DATABASE_DIRECT_URL',
        'Set DATABASE_DIRECT_URL to Postgres itself: migrations need a session of their own.',
      ),
    ];
  if (known !== undefined) return [ok(CHECK, 'DATABASE_POOLER is set: statements keep nothing in their session')];
  if (!(await isPooled(env.DATABASE_URL))) return [];
  return [
    failed(
      CHECK,
      'DATABASE_URL leads to a pooler such as PgBouncer',
      'Set DATABASE_POOLER=transaction, and DATABASE_DIRECT_URL to the address of Postgres itself.',
    ),
  ];
}

async function isPooled(url: string): Promise<boolean> {
  const { urls } = databaseServers(url);
  const client = new Client({
    connectionString: urls[0],
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'perennial-cli',
    options: `-c search_path=${TOLD}`,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ search_path: string }>('SHOW search_path');
    return rows[0]?.search_path !== TOLD;
  } catch (error) {
    // Any other failure is the finding of another check.
    return error instanceof Error && error.message.startsWith('unsupported startup parameter');
  } finally {
    await client.end().catch(() => undefined);
  }
}
