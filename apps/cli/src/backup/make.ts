import type { BlobStore } from '@perennial/blob-store';
import { blobKeys as pictureKeys } from '@perennial/chat/operator';
import { readSchemaState } from '@perennial/persistence';
import { blobKeys as fileKeys } from '@perennial/retrieval/operator';
import type { Client } from 'pg';
import { version } from '../../package.json';
import { CommandError } from '../failure';
import { SERVICES } from '../services';
import { BlobBackup } from './blobs';
import type { BackupDirectory } from './directory';
import { dumpTables, onSnapshot, readSequences, values } from './dump';
import { type Manifest, toFingerprint } from './manifest';
import type { Vault } from './vault';

/** A blob that a row names may be removed before it is copied; then a later state of the database is taken. */
const SNAPSHOTS = 5;

export interface BackupSource {
  databaseUrl: string;
  client: Client;
  blobs: BlobStore;
  secretKey: string;
}

/**
 * Makes a backup while the services run. Blobs are copied before the rows that refer to them: the state of the database that is kept is one
 * of which every blob has been copied.
 */
export async function makeBackup(from: BackupSource, to: BackupDirectory, vault: Vault): Promise<Manifest> {
  const { client, blobs, databaseUrl: url } = from;
  const names = SERVICES.map(({ name }) => name);
  const copies = new BlobBackup(blobs, to, vault);
  await copies.copyAll();
  const schemasBefore = await readSchemas(url);
  for (let snapshot = 1; ; snapshot += 1) {
    const kept = await onSnapshot(client, async () => {
      const missing = await copyNamed(client, copies);
      if (missing.length > 0 && snapshot < SNAPSHOTS) return undefined;
      const tables = await dumpTables(client, names, to, vault);
      return { tables, missing, sequences: await readSequences(client, names) };
    });
    if (kept === undefined) continue;
    const schemas = await readSchemas(url);
    if (JSON.stringify(schemas) !== JSON.stringify(schemasBefore)) {
      throw new CommandError('A migration ran during the backup. Make it again.');
    }
    const manifest: Manifest = {
      format: 2,
      createdAt: new Date().toISOString(),
      version,
      encrypted: vault.encrypted,
      secretKey: toFingerprint(from.secretKey),
      schemas,
      tables: kept.tables,
      sequences: kept.sequences,
      blobs: await copies.end(),
      missingBlobs: kept.missing,
    };
    await to.complete(manifest, vault);
    return manifest;
  }
}

/** The migrations that each service's schema has. */
async function readSchemas(url: string): Promise<Manifest['schemas']> {
  const schemas = [];
  for (const { name, migrations } of SERVICES) {
    schemas.push({ name, migrations: (await readSchemaState({ url, schema: name, migrations })).applied });
  }
  return schemas;
}

/** Copies the blobs that the rows of this state name, unless they have been. @returns the keys of those that are gone */
async function copyNamed(client: Client, copies: BlobBackup): Promise<string[]> {
  const missing: string[] = [];
  for (const query of [fileKeys, pictureKeys])
    for await (const key of values(client, query)) if (!(await copies.copy(key))) missing.push(key);
  return missing;
}
