import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import {
  blobStoreEnv,
  BlobStoreError,
  blobStoreRules,
  createBlobStore,
  OWN_STORE,
  type PlacedBlobStore,
  type StoreChoice,
} from '@perennial/blob-store';
import { BlobMirror, type MirrorPass } from '@perennial/retrieval/operator';
import { databaseEnv, readEnv } from '@perennial/runtime';
import { z } from 'zod';
import { rotateKeys, type RotationCounts } from '../blobs/key-rotation';
import { openBlobs, storeChoice } from '../blobs/open';
import type { AddCommands } from '../command';
import { directEnvironment } from '../environment';
import { CommandError, explain, UsageError } from '../failure';
import type { Result } from '../output';
import { Progress } from '../progress';
import { migrateBlobs } from './migrate-blobs';

const storeEnv = z.object(blobStoreEnv).superRefine(blobStoreRules);
const ownEnv = z
  .object({ ...blobStoreEnv, DATABASE_URL: databaseEnv.DATABASE_URL.optional() })
  .superRefine(blobStoreRules);

/** The store of files: its copy at a second site, its keys, and the move to another store. */
export const blobs: AddCommands = (program, add) =>
  program.command('blobs', 'The store of files', (argv) => {
    add(argv, {
      name: 'mirror <file>',
      describe:
        'Copy all files that the store of another site lacks; its variables (STORAGE_PROVIDER, …) are in a file',
      options: (options) =>
        options.positional('file', { type: 'string', demandOption: true }).option('every', {
          type: 'number',
          requiresArg: true,
          describe: 'Start over so many seconds after each pass, until it is stopped',
        }),
      run: async ({ file, every }) => {
        if (every !== undefined && !(every > 0)) throw new UsageError('--every has to be a number of seconds above 0.');
        const [env, to] = [directEnvironment(ownEnv), await otherSite(file)];
        const stores = await Promise.all([openBlobs(env), createBlobStore(to)]);
        try {
          await useChoice(stores, stores[0].own.choice);
          let mirror = new BlobMirror(...stores);
          for (; every !== undefined; await sleep(every * 1_000)) {
            if (await hasChanged(stores, () => storeChoice(env))) mirror = new BlobMirror(...stores);
            await pass(mirror);
          }
          return shown(await mirror.pass());
        } finally {
          await Promise.all(stores.map((store) => store.close()));
        }
      },
    });
    add(argv, {
      name: 'rotate-keys',
      describe: 'Bring all files under the first key of BLOB_ENCRYPTION_KEYS; plain ones are encrypted',
      options: (options) => options,
      run: async () => {
        const store = await openBlobs(directEnvironment(ownEnv));
        const progress = new Progress({ label: 'rotate', unit: ' files' });
        try {
          const counts = await rotateKeys(store, {
            onDone: (blobs) => progress.add(blobs),
            onUnreadable: (key, error) => process.stderr.write(`${key}: ${error.message}\n`),
          });
          if (counts.unreadable > 0)
            throw new CommandError(`${describeRotation(counts)} ${counts.unreadable} cannot be read, as told above.`);
          return { data: counts, lines: [describeRotation(counts)] };
        } finally {
          progress.end();
          await store.close();
        }
      },
    });
    migrateBlobs(argv, add);
    return argv.demandCommand(1, 'Name a command of blobs.');
  });

function describeRotation({ current, rewrapped, encrypted }: RotationCounts): string {
  return `${rewrapped} files were under another key, ${encrypted} were plain, and ${current} were under the first key already.`;
}

async function otherSite(file: string): Promise<z.output<typeof storeEnv>> {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`The file ${file} cannot be read: ${explain(error)}`);
  }
  return readEnv(storeEnv, parseEnv(text), { service: `the other site (${file})` });
}

/** The rows of the other site are a copy of ours, so that they name the same store. */
async function useChoice(
  stores: readonly PlacedBlobStore[],
  choice: StoreChoice = { version: 0, active: OWN_STORE, other: null },
): Promise<void> {
  for (const store of stores) await store.own.use(choice);
}

/** Whether our site uses another store by now: its files have been moved. While the database is away, the last one that is known counts. */
async function hasChanged(
  stores: readonly PlacedBlobStore[],
  read: () => Promise<StoreChoice | undefined>,
): Promise<boolean> {
  const before = stores[0]!.own.choice;
  try {
    const choice = await read();
    if (choice) await useChoice(stores, choice);
  } catch (error) {
    log({ error: explain(error) });
  }
  return stores[0]!.own.choice !== before;
}

/** A store that is away ends a pass, and not the mirror. */
async function pass(mirror: BlobMirror): Promise<void> {
  try {
    log(await mirror.pass());
  } catch (error) {
    if (!(error instanceof BlobStoreError)) throw error;
    log({ error: explain(error) });
  }
}

function log(line: object): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}

function shown(done: MirrorPass): Result {
  const { copied, blobs, bytes, failed, failures } = done;
  const lines = [
    `${copied} of ${blobs} files were copied (${bytes} bytes).`,
    ...(failed === 0 ? [] : [`${failed} could not be copied:`]),
    ...failures.map(({ key, error }) => `  ${key}: ${error}`),
  ];
  return { data: done, lines, failed: failed > 0 };
}
