import type { BlobStore } from '@perennial/blob-store';
import { migrateSchema, migrationName } from '@perennial/persistence';
import { afterRestore } from '@perennial/retrieval/operator';
import type { Logger } from '@perennial/runtime';
import type { Client } from 'pg';
import { CommandError } from '../failure';
import { SERVICES } from '../services';
import { listBlobs, restoreBlobs } from './blobs';
import type { BackupDirectory } from './directory';
import { quoted } from './dump';
import { loadTables } from './load';
import type { Manifest } from './manifest';
import type { Vault } from './vault';

export interface RestoreTarget {
  databaseUrl: string;
  client: Client;
  blobs: BlobStore;
  log: Logger;
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

/** @throws CommandError when this version does not know a migration that the backup has */
export function assertKnown({ schemas, version }: Manifest): void {
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

/**
 * Restores a verified backup. Bytes come before the rows that refer to them, and the rows in one transaction: an aborted restore is begun
 * again, and goes on with the bytes that are missing.
 */
export async function restoreBackup(
  from: BackupDirectory,
  manifest: Manifest,
  vault: Vault,
  { client, databaseUrl: url, blobs, log }: RestoreTarget,
): Promise<void> {
  await restoreBlobs(from, vault, blobs);
  for (const { name, migrations } of SERVICES) {
    await client.query(`DROP SCHEMA IF EXISTS ${quoted(name)} CASCADE`);
    const then = new Set(manifest.schemas.find((schema) => schema.name === name)?.migrations);
    const options = { url, schema: name, migrations: migrations.filter((one) => then.has(migrationName(one))) };
    await migrateSchema(options, log);
  }
  await loadTables(client, manifest, from, vault, afterRestore);
  for (const { name, migrations } of SERVICES) await migrateSchema({ url, schema: name, migrations }, log);
}
