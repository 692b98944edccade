import { blobStoreEnv, createBlobStore, OWN_STORE } from '@perennial/blob-store';
import { createLogger, databaseEnv, redisEnv, secretEnv, secretKeys } from '@perennial/runtime';
import { readFleet } from '@perennial/transport';
import type { Client } from 'pg';
import { z } from 'zod';
import { BackupDirectory } from '../backup/directory';
import { makeBackup } from '../backup/make';
import { type Manifest, toFingerprint } from '../backup/manifest';
import { assertKnown, holdsData, restoreBackup, verifyBackup } from '../backup/restore';
import { newVault, openVault, PLAIN, readPassphrase, type Vault } from '../backup/vault';
import { openBlobs } from '../blobs/open';
import type { AddCommands } from '../command';
import { callEnv, directEnvironment, environment } from '../environment';
import { CommandError, UsageError } from '../failure';
import type { Result } from '../output';
import { serviceSessions, withPostgres } from '../postgres';
import { Progress } from '../progress';
import { withRedis } from '../redis';
import { assertMigrated } from '../services';

const storesEnv = z.object({ DATABASE_URL: databaseEnv.DATABASE_URL, ...secretEnv, ...blobStoreEnv });

const PASSPHRASE = 'passphrase-file';

interface BackupOptions {
  directory: string;
  [PASSPHRASE]?: string;
}

interface RestoreOptions extends BackupOptions {
  force: boolean;
  verify: boolean;
}

/** Keeping an installation. */
export const backup: AddCommands = (program, add) =>
  add(program, {
    name: 'backup <directory>',
    describe: 'Copy the database and all files into an empty directory, while the services run',
    options: (options) =>
      options.positional('directory', { type: 'string', demandOption: true }).option(PASSPHRASE, {
        type: 'string',
        requiresArg: true,
        describe: 'Encrypt it under the first line of this file',
      }),
    run: (options) => make(options),
  });

/** Getting it back. */
export const restore: AddCommands = (program, add) =>
  add(program, {
    name: 'restore <directory>',
    describe: 'Restore a backup into the stores of the environment, which may be others than those it came from',
    options: (options) =>
      options
        .positional('directory', { type: 'string', demandOption: true })
        .option(PASSPHRASE, { type: 'string', requiresArg: true, describe: 'The passphrase of an encrypted backup' })
        .option('force', { type: 'boolean', default: false, describe: 'Replace what the database holds' })
        .option('verify', { type: 'boolean', default: false, describe: 'Only compare the backup with its checksums' }),
    run: (options) => restoreOrVerify(options),
  });

async function make({ directory, [PASSPHRASE]: passphraseFile }: BackupOptions): Promise<Result> {
  const env = directEnvironment(storesEnv);
  const to = new BackupDirectory(directory);
  const passphrase = passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile);
  await assertMigrated(env.DATABASE_URL);
  await to.begin();
  let vault: Vault = PLAIN;
  if (passphrase !== undefined) {
    const made = await newVault(passphrase);
    await to.writeIdentity(made.identityFile);
    vault = made.vault;
  }
  const blobs = await openBlobs(env);
  const progress = new Progress({ label: 'backup', unit: 'B' });
  to.onBytes = (bytes) => progress.add(bytes);
  try {
    const manifest = await withPostgres(env.DATABASE_URL, (client) =>
      makeBackup({ client, databaseUrl: env.DATABASE_URL, blobs, secretKey: env.SECRET_KEY }, to, vault),
    );
    return shown(manifest, 'The backup is complete');
  } finally {
    progress.end();
    await blobs.close();
  }
}

async function restoreOrVerify(options: RestoreOptions): Promise<Result> {
  const from = new BackupDirectory(options.directory);
  const manifest = await from.manifest();
  const vault = await vaultFor(from, manifest, options[PASSPHRASE]);
  await from.assertAuthentic(vault);
  const bytes = manifest.tables.reduce((sum, table) => sum + table.bytes, manifest.blobs.totalBytes);
  // A restore reads everything twice: to compare it, and to load it.
  const progress = new Progress({ label: 'restore', unit: 'B', total: options.verify ? bytes : 2 * bytes });
  from.onBytes = (read) => progress.add(read);
  try {
    return await restoreFrom(from, manifest, vault, options);
  } finally {
    progress.end();
  }
}

async function restoreFrom(
  from: BackupDirectory,
  manifest: Manifest,
  vault: Vault,
  options: RestoreOptions,
): Promise<Result> {
  if (options.verify) {
    await verifyBackup(from, manifest, vault);
    return shown(manifest, 'The backup is intact');
  }
  const env = directEnvironment(storesEnv);
  assertKnown(manifest);
  return withPostgres(env.DATABASE_URL, async (client) => {
    await assertStopped(client);
    if (!options.force && (await holdsData(client)))
      throw new CommandError(
        'The database holds people, chats or files. Use an empty one, or --force to replace them.',
      );
    await verifyBackup(from, manifest, vault);
    const blobs = await createBlobStore(env);
    await blobs.own.use({ version: 0, active: OWN_STORE, other: null });
    try {
      const log = createLogger({ level: 'warn', service: 'cli', instance: 'restore', stream: process.stderr });
      await restoreBackup(from, manifest, vault, {
        client,
        databaseUrl: env.DATABASE_URL,
        blobs,
        log,
        assertStopped: () => assertStopped(client),
      });
    } finally {
      await blobs.close();
    }
    const result = shown(
      manifest,
      'Everything is restored. Documents are indexed again as soon as a retrieval worker runs',
    );
    if (secretKeys(env).some((key) => manifest.secretKey === toFingerprint(key))) return result;
    const other =
      'SECRET_KEY is another one than at the time of the backup: enter the keys of providers again, or put it back.';
    return { ...result, lines: [...result.lines, other] };
  });
}

async function vaultFor(
  from: BackupDirectory,
  { encrypted }: Manifest,
  passphraseFile: string | undefined,
): Promise<Vault> {
  if (!encrypted) {
    // Whoever can write there could have put files of their own in the place of sealed ones.
    if (passphraseFile !== undefined)
      throw new UsageError('This backup is not encrypted. If you made it with --passphrase-file, it was replaced.');
    return PLAIN;
  }
  if (passphraseFile === undefined) throw new UsageError('This backup is encrypted: name --passphrase-file.');
  return openVault(await readPassphrase(passphraseFile), await from.readIdentity());
}

/** A service that runs would write into what is being replaced. What is connected to Redis alone (gateways) is named as well. */
async function assertStopped(client: Client): Promise<void> {
  const running = [...new Set([...(await serviceSessions(client)), ...(await connectedToRedis())])].sort();
  if (running.length > 0) throw new CommandError(`These processes still run: ${running.join(', ')}. Stop them first.`);
}

/** Nobody while Redis is away: then no gateway serves anything. */
async function connectedToRedis(): Promise<string[]> {
  const { REDIS_URL } = environment(z.object({ REDIS_URL: redisEnv.REDIS_URL.optional() }));
  if (REDIS_URL === undefined) return [];
  const env = environment(callEnv);
  try {
    const fleet = await withRedis(env, readFleet);
    const running = fleet.filter(({ service, state }) => service !== 'cli' && state !== 'gone');
    return running.map(({ instance }) => instance);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

function shown(manifest: Manifest, what: string): Result {
  const { createdAt, version, encrypted, tables, blobs, missingBlobs } = manifest;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const data = {
    createdAt,
    version,
    encrypted,
    tables: tables.length,
    rows,
    blobs: blobs.count,
    blobBytes: blobs.totalBytes,
    missingBlobs,
  };
  const lines = [
    `${what}: ${rows} rows of ${tables.length} tables, ${blobs.count} files with ${blobs.totalBytes} bytes, of ${createdAt}.`,
    ...missingBlobs.map((key) => `The bytes of ${key} were missing in the blob store before.`),
  ];
  return { data, lines };
}
