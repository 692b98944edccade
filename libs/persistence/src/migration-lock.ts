import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@perennial/runtime';
import type { Client } from 'pg';
import type { DatabaseOptions } from './data-source';
import type { MigrationClass } from './migration';
import { primaryClient } from './primary-pool';

/** One lock for all services and replicas, held by a session: "perennia" as a number. */
const MIGRATION_LOCK = '8099850306480400737';
const LOCK_POLL_MS = 50;

export type SessionOptions = Pick<DatabaseOptions, 'url' | 'directUrl' | 'connectTimeoutMs' | 'applicationName'>;

/** How a schema of the database relates to this code. Names are those of migrations, oldest first. */
export interface SchemaState {
  applied: string[];
  /** Of this code, not in the database: they must be applied before the service can run. Contract migrations only with `contract: true`. */
  pending: string[];
  /** In the database, not of this code: a newer version has migrated. This version still runs. */
  newer: string[];
}

/**
 * Compares a schema with this code.
 *
 * @throws when the database cannot be reached
 */
export async function readSchemaState(options: DatabaseOptions): Promise<SchemaState> {
  const names = options.migrations.map(migrationName);
  const wanted = wantedMigrations(options).map(migrationName);
  return withClient(options, async (client) => {
    const table = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
      `"${options.schema}"."migrations"`,
    ]);
    if (table.rows[0]?.found == null) return { applied: [], pending: wanted, newer: [] };
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM "${options.schema}"."migrations" ORDER BY timestamp`,
    );
    const applied = rows.map((row) => row.name);
    return {
      applied,
      pending: wanted.filter((name) => !applied.includes(name)),
      newer: applied.filter((name) => !names.includes(name)),
    };
  });
}

/** The migrations that these options apply: contract migrations only on request. */
export function wantedMigrations({ migrations, contract = false }: DatabaseOptions): MigrationClass[] {
  return migrations.filter((Migration) => contract || new Migration().contracts === undefined);
}

/** The name under which a migration is recorded. */
export function migrationName(Migration: MigrationClass): string {
  return new Migration().name ?? Migration.name;
}

/**
 * The names of the migrations of this code that the schema lacks, oldest first. A schema that is newer than the code lacks none.
 *
 * @throws when the database cannot be reached
 */
export async function pendingMigrations(options: DatabaseOptions): Promise<string[]> {
  return (await readSchemaState(options)).pending;
}

/**
 * Runs `work` while no other process migrates.
 *
 * @throws when another process migrates for longer than `migrationWaitMs`
 */
export async function underMigrationLock(
  options: DatabaseOptions,
  log: Logger,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const waitMs = options.migrationWaitMs ?? 120_000;
  await withClient(options, async (client) => {
    const giveUpAt = Date.now() + waitMs;
    // Polled instead of waited for: a waiting statement holds a snapshot, for which the holder's CREATE INDEX CONCURRENTLY would wait in
    // turn.
    for (let tries = 0; ; tries += 1) {
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS locked', [
        MIGRATION_LOCK,
      ]);
      if (rows[0]?.locked === true) break;
      if (Date.now() > giveUpAt)
        throw new Error(`another process has been migrating the database for more than ${waitMs} ms`);
      if (tries === 0) log.info('another process migrates the database, waiting');
      await sleep(LOCK_POLL_MS * (0.5 + Math.random()));
    }
    await work(client);
    // The end of the session unlocks.
  });
}

/**
 * Lends a session of its own, past a pooler: for locks that last longer than a transaction. The end of the session unlocks.
 *
 * @throws when the database cannot be reached
 */
export async function withSession<T>(
  { url, directUrl = url, connectTimeoutMs = 5_000, applicationName }: SessionOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await primaryClient(directUrl, {
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: applicationName,
    keepAlive: true,
  });
  // A query in progress rejects when the connection is lost; the event without a listener would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function withClient<T>(options: DatabaseOptions, use: (client: Client) => Promise<T>): Promise<T> {
  return withSession({ ...options, applicationName: `perennial-${options.schema}-migrations` }, use);
}
