import { blobStoreEnv, blobStoreRules, createBlobStore, OWN_STORE } from '@perennial/blob-store';
import { BLOB_STORES_CHANGED } from '@perennial/contracts-retrieval';
import { BlobMigration, FleetGate, inOwnStore, Throttle } from '@perennial/retrieval/operator';
import { databaseEnv, redisEnv, secretEnv } from '@perennial/runtime';
import { Notices, readFleet } from '@perennial/transport';
import type { Client } from 'pg';
import { z } from 'zod';
import { countKeys, sampleKeys } from '../blobs/samples';
import { StoreRow } from '../blobs/store-row';
import type { AddCommands } from '../command';
import { directEnvironment } from '../environment';
import { CommandError, UsageError } from '../failure';
import type { Result } from '../output';
import { serviceSessions, withPostgres } from '../postgres';
import { Progress } from '../progress';
import { cliInstance, withRedis } from '../redis';
import { assertMigrated } from '../services';

const migrationEnv = z
  .object({
    DATABASE_URL: databaseEnv.DATABASE_URL,
    ...redisEnv,
    ...secretEnv,
    ...blobStoreEnv,
  })
  .superRefine(blobStoreRules);

const MIB = 1_048_576;
const ACTIONS = ['status', 'finish', 'rollback'] as const;

interface MigrateOptions {
  action?: (typeof ACTIONS)[number];
  to?: string;
  rate?: number;
  sample: number;
  'skip-unreadable': boolean;
  'without-copying': boolean;
}

/** Moving the files of a running installation into another store. */
export const migrateBlobs: AddCommands = (argv, add) =>
  add<MigrateOptions>(argv, {
    name: 'migrate [action]',
    describe: 'Move all files to another store of BLOB_STORES while the services run; run it again to go on',
    options: (options) =>
      options
        .positional('action', { choices: ACTIONS, describe: 'Instead of moving: show, end or undo a move' })
        .option('to', { type: 'string', requiresArg: true, describe: `A name in BLOB_STORES, or ${OWN_STORE}` })
        .option('rate', { type: 'number', requiresArg: true, describe: 'Copy at most so many MiB a second' })
        .option('sample', {
          type: 'number',
          requiresArg: true,
          default: 100,
          describe: 'Read so many files in both stores and compare them',
        })
        .option('skip-unreadable', {
          type: 'boolean',
          default: false,
          describe: 'Leave behind files that cannot be read',
        })
        .option('without-copying', {
          type: 'boolean',
          default: false,
          describe: 'finish, rollback: give up what only the store that is left has, since it is lost',
        }),
    run: async (options) => {
      assertUsage(options);
      const env = directEnvironment(migrationEnv);
      const { to } = options;
      if (to !== undefined && to !== OWN_STORE && !env.BLOB_STORES.has(to))
        throw new CommandError(
          `There is no store "${to}" in BLOB_STORES. Declared are: ${[OWN_STORE, ...env.BLOB_STORES.keys()].join(', ')}. Declare it for this command and all services, and restart them one after another.`,
        );
      await assertMigrated(env.DATABASE_URL, ['retrieval', 'chat']);
      return withPostgres(env.DATABASE_URL, async (client) =>
        options.action === 'status' ? status(client) : move(client, env, options),
      );
    },
  });

function assertUsage({ action, to, rate, sample, 'without-copying': isLeft }: MigrateOptions): void {
  if ((action === undefined) === (to === undefined))
    throw new UsageError(`Give --to NAME to move files, or one of ${ACTIONS.join(', ')}.`);
  if (rate !== undefined && !(rate > 0)) throw new UsageError('--rate has to be a number of MiB a second above 0.');
  if (!(Number.isInteger(sample) && sample >= 0)) throw new UsageError('--sample has to be a whole number.');
  if (isLeft && action !== 'rollback' && action !== 'finish')
    throw new UsageError('--without-copying belongs to finish and rollback.');
}

async function status(client: Client): Promise<Result> {
  const row = new StoreRow(client);
  const now = await row.read();
  const [isRunning, isOrdered] = [await row.isLocked(), await row.isOrdered()];
  const { phase, active, other, progress, changedAt } = now;
  const lines = [
    phase === 'settled'
      ? `The files are in "${active}".`
      : `${phase}: active is "${active}", the other one is "${other}".`,
    `Since ${new Date(changedAt).toISOString()}.`,
    ...(progress === null ? [] : [progress]),
    isRunning ? 'A migration runs.' : isOrdered ? 'A service works on it.' : 'No migration runs.',
  ];
  return { data: { ...now, isRunning, isOrdered }, lines };
}

async function move(client: Client, env: z.output<typeof migrationEnv>, options: MigrateOptions): Promise<Result> {
  const row = new StoreRow(client);
  if (!(await row.lock()))
    throw new CommandError('Another `perennial blobs migrate` runs. Wait for it, or stop it: this one can go on then.');
  if (await row.isOrdered())
    throw new CommandError(
      'A service works on a move of files that was begun on the page of an administrator. Wait for it, or pause it there: this command can go on then.',
    );
  const stores = await createBlobStore(env);
  const progress = new Progress({ label: 'migrate', unit: 'B' });
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const sentence = await withRedis(env, (connections) => {
      const migration = new BlobMigration({
        row,
        stores: stores.own,
        gate: new FleetGate({
          read: () => readFleet(connections),
          announce: (version) => new Notices(connections).publish(BLOB_STORES_CHANGED, { version }),
          sessions: () => serviceSessions(client),
          self: cliInstance(),
          tell,
        }),
        throttle: new Throttle(options.rate && options.rate * MIB, (bytes) => progress.add(bytes)),
        includes: inOwnStore(stores, env.PLACEMENTS),
        sampleKeys: (count) => sampleKeys(client, count),
        countKeys: () => countKeys(client),
        sample: options.sample,
        tell,
        skipUnreadable: options['skip-unreadable'],
      });
      if (options.action === 'finish') return migration.finish(options['without-copying']);
      if (options.action === 'rollback') return migration.rollback(options['without-copying']);
      return migration.migrate(options.to!);
    });
    return { data: await row.read(), lines: [sentence] };
  } finally {
    progress.end();
    await stores.close();
  }
}
