import type { BlobStore } from '@perennial/blob-store';
import { migrateSchema, migrationName } from '@perennial/persistence';
import { afterRestore } from '@perennial/retrieval/operator';
import type { Logger } from '@perennial/runtime';
import type { Client } from 'pg';
import { CommandError } from '../failure';
import { CLI_NAME } from '../postgres';
import { SERVICES } from '../services';
import { listBlobs, restoreBlobs } from './blobs';
import type { BackupDirectory } from './directory';
import { quoted } from './dump';
import { besides, loadTables } from './load';
import type { Manifest } from './manifest';
import type { Vault } from './vault';

export interface RestoreTarget {
  databaseUrl: string;
  client: Client;
  blobs: BlobStore;
  log: Logger;
  /** @throws CommandError when a service runs */
  assertStopped(): Promise<void>;
}

/**
 * Compares every file of a backup with its checksum.
 *
 * @throws CommandError that names the first one that differs
 */
export async function verifyBackup(from: BackupDirectory, manifest: Manifest, vault: Vault): Promise<void> {
  for (const { file, sha256 } of [...manifest.tables, manifest.blobs])
    if (!(await from.isIntact(file, sha256))) throw damaged(file);
  let count = 0;
  for await (const { file, stored } of listBlobs(from, vault)) {
    if (!(await from.isIntact(file, stored))) throw damaged(file);
    count += 1;
  }
  if (count !== manifest.blobs.count)
    throw new CommandError(
      `The backup lists ${count} blobs and should hold ${manifest.blobs.count}. Nothing was restored.`,
    );
}

const damaged = (file: string): CommandError =>
  new CommandError(`The file ${file} of this backup is damaged or missing. Nothing was restored.`);

/** @throws CommandError when this version does not know a migration that the backup has, or when it holds more than services write */
export function assertKnown({ schemas, tables, sequences, version }: Manifest): void {
  const known = new Set<string>(SERVICES.map(({ name }) => name));
  const named = [...schemas.map(({ name }) => name), ...[...tables, ...sequences].map(({ schema }) => schema)];
  const foreign = named.find((schema) => !known.has(schema));
  if (foreign !== undefined)
    throw new CommandError(`This backup names a schema that no service has: ${foreign}. Nothing was restored.`);
  for (const { name, migrations } of schemas) {
    const known = new Set(SERVICES.find((service) => service.name === name)?.migrations.map(migrationName));
    const unknown = migrations.find((migration) => !known.has(migration));
    if (unknown === undefined) continue;
    throw new CommandError(
      `This backup is of a newer version (${version}; ${name} has ${unknown}). Restore it with the \`perennial\` of that version.`,
    );
  }
}

/** Whether there are people, chats or files. */
export async function holdsData(client: Client): Promise<boolean> {
  for (const table of ['auth.users', 'chat.chats', 'retrieval.files']) {
    const { rows } = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [table]);
    if (rows[0]?.found != null && (await client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rowCount === 1) return true;
  }
  return false;
}

/** One restore at a time into one database, held by the session: "restore" as a number. */
const RESTORE_LOCK = '32199642170451557';

/**
 * Restores a verified backup. Bytes come before the rows that refer to them, and the rows into schemas beside the old ones, which they
 * replace at the end in one transaction: until then an abort leaves everything as it was, and the restore is begun again.
 *
 * @param assertStopped asked once more before the old schemas go
 */
export async function restoreBackup(
  from: BackupDirectory,
  manifest: Manifest,
  vault: Vault,
  { client, databaseUrl: url, blobs, log, assertStopped }: RestoreTarget,
): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS locked', [
    RESTORE_LOCK,
  ]);
  if (rows[0]?.locked !== true)
    throw new CommandError('Another restore into this database is under way. Wait for its end.');
  await restoreBlobs(from, vault, blobs);
  const applicationName = CLI_NAME;
  for (const { name, migrations } of SERVICES) {
    // What an aborted restore has left.
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(besides(name))} CASCADE`);
    const then = new Set(manifest.schemas.find((schema) => schema.name === name)?.migrations);
    const own = migrations.filter((one) => then.has(migrationName(one)));
    await migrateSchema({ url, schema: besides(name), migrations: own, applicationName }, log);
  }
  await loadTables(client, manifest, from, vault);
  for (const { name, migrations } of SERVICES)
    await migrateSchema({ url, schema: besides(name), migrations, applicationName }, log);
  await assertStopped();
  await takeTheirPlace(client);
}

async function takeTheirPlace(client: Client): Promise<void> {
  await client.query('BEGIN');
  for (const { name } of SERVICES) {
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(name)} CASCADE`);
    await client.query(`ALTER SCHEMA ${quoted(besides(name))} RENAME TO ${quoted(name)}`);
  }
  for (const statement of afterRestore) await client.query(statement);
  await client.query('COMMIT');
}
