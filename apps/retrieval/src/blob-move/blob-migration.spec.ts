import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  type BlobStore,
  BlobStoreDeniedError,
  blobStoreEnv,
  blobStoreRules,
  createBlobStore,
  type PlacedBlobStore,
} from '@perennial/blob-store';
import { readEnv } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BlobMigration, type MigrationParts } from './blob-migration';
import type { BlobStoresRow } from './blob-stores-row';
import { Throttle } from './throttle';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);

/** Real directories. The row is kept in memory, and nobody works meanwhile: that is what the test with the built services is for. */
describe('a migration of blobs', () => {
  let directory: string;
  let row: BlobStoresRow;
  let told: string[];
  let progress: string[];
  /** What rows refer to. */
  let keys: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-migration-'));
    row = { version: 1, phase: 'settled', active: 'default', other: null, progress: null, changedAt: 0 };
    [told, progress] = [[], []];
    keys = ['files/1/1', 'files/2/1', 'files/3/1'];
    const old = await storeIn('old', 'default');
    for (const key of keys) await put(old, key);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const storesIn = (own: string): Promise<PlacedBlobStore> => {
    const BLOB_STORES = JSON.stringify({ new: { DATA_DIR: join(directory, 'new') } });
    return createBlobStore(readEnv(schema, { DATA_DIR: join(directory, own), BLOB_STORES }, { service: 'test' }));
  };
  const storeIn = async (own: string, name: string) => (await storesIn(own)).own.at(name);
  const put = (to: BlobStore, key: string, text = key) =>
    to.put(key, Readable.from([Buffer.from(text)]), { maxBytes: 100 });
  const keysIn = async (name: string, own = 'old'): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of (await storeIn(own, name)).list('')) found.push(key);
    return found.sort();
  };
  /** A command whose own directory is this one. */
  const commandIn = async (own: string, changes: Partial<MigrationParts> = {}): Promise<BlobMigration> => {
    const { own: stores } = await storesIn(own);
    return new BlobMigration({
      row: {
        read: () => Promise.resolve(row),
        change: (before, to) => {
          expect(before.version).toBe(row.version);
          return Promise.resolve((row = { ...row, ...to, version: row.version + 1 }));
        },
        tell: (line) => {
          progress.push(line);
          return Promise.resolve();
        },
      },
      stores,
      gate: { assertDeclared: () => Promise.resolve(), reached: () => Promise.resolve() },
      throttle: new Throttle(undefined, () => undefined),
      includes: () => true,
      sampleKeys: (count) => Promise.resolve(keys.slice(0, count)),
      countKeys: () => Promise.resolve(keys.length),
      sample: 100,
      tell: (line) => told.push(line),
      skipUnreadable: false,
      ...changes,
    });
  };

  it('goes there, and back to the default one', async () => {
    const command = await commandIn('old');
    await command.migrate('new');
    expect(row).toMatchObject({ phase: 'moved', active: 'new', other: 'default' });
    expect(progress.slice(0, 2)).toEqual([
      'Pass 1 from "default" to "new": about 100 %, 3 of 3 files copied so far.',
      'Pass 1 from "default" to "new": 3 of 3 files copied, 0 removed.',
    ]);
    expect(told).toContain('3 of 3 files that were chosen by chance have the same SHA-256 in both stores.');
    await command.finish(false);
    await put(await storeIn('old', 'new'), 'files/4/1');
    await (await storeIn('old', 'new')).delete('files/1/1');
    await command.migrate('default');
    await command.finish(false);
    expect(row).toMatchObject({ phase: 'settled', active: 'default', other: null });
    // It was ended before that was noted.
    expect(await command.finish(false)).toContain('There is nothing to finish.');
    expect(await keysIn('default')).toEqual(['files/2/1', 'files/3/1', 'files/4/1']);
  });

  it.each([
    ['copying', { phase: 'copying', active: 'default', other: 'new' }, (it: BlobMigration) => it.migrate('new')],
    ['moved', { phase: 'moved', active: 'new', other: 'default' }, (it: BlobMigration) => it.finish(false)],
    ['returning', { phase: 'returning', active: 'default', other: 'new' }, (it: BlobMigration) => it.rollback(false)],
  ] as const)(
    'one that goes on elsewhere, with another directory, is refused and takes nothing away (%s)',
    async (_, phase, goOn) => {
      await cp(join(directory, 'old'), join(directory, 'new'), { recursive: true });
      row = { ...row, ...phase };
      // Also if nothing is to be compared.
      const command = await commandIn('elsewhere', { sample: 0 });
      await expect(goOn(command)).rejects.toThrow(/None of 3 files .* is in "default".*DATA_DIR/);
      expect(row).toMatchObject(phase);
      expect(await keysIn('new')).toEqual(keys);
      expect(await keysIn('default', 'elsewhere')).toEqual([]);
    },
  );

  it('removes nothing once another command has switched', async () => {
    row = { ...row, phase: 'copying', other: 'new' };
    await put(await storeIn('old', 'new'), 'files/new/1');
    const stale = row;
    const command = await commandIn('old', {
      row: {
        read: () => Promise.resolve(row),
        change: () => expect.unreachable(),
        tell: () => Promise.resolve(),
      },
      sampleKeys: () => {
        row = { ...stale, version: 3, phase: 'moved', active: 'new', other: 'default' };
        return Promise.resolve(keys);
      },
    });
    await expect(command.migrate('new')).rejects.toThrow('Somebody else has changed the move');
    expect(await keysIn('new')).toContain('files/new/1');
  });

  it('files that cannot be read stop it in words that are true, or are left behind', async () => {
    // It is encrypted with a key that nobody has.
    const BLOB_ENCRYPTION_KEYS = `lost:${randomBytes(32).toString('base64')}`;
    await put(
      await createBlobStore(
        readEnv(schema, { DATA_DIR: join(directory, 'old'), BLOB_ENCRYPTION_KEYS }, { service: 'test' }),
      ),
      'files/2/1',
    );
    await expect((await commandIn('old')).migrate('new')).rejects.toThrow(
      /1 files cannot be copied, so this goes no further.*--skip-unreadable\):\nfiles\/2\/1/s,
    );
    expect(row.phase).toBe('copying');
    const skipping = await commandIn('old', { skipUnreadable: true });
    await skipping.migrate('new');
    await skipping.finish(false);
    expect(await keysIn('new')).toEqual(['files/1/1', 'files/3/1']);
  });

  it('a file that the store refuses keeps back no other; a store that refuses all is waited for', async () => {
    const refusing = async (isRefused: (key: string) => boolean, changes: Partial<MigrationParts> = {}) => {
      const { own } = await storesIn('old');
      const at = async (name: string): Promise<BlobStore> => {
        const store = await own.at(name);
        if (name !== 'default') return store;
        const refused = (key: string): void => {
          if (isRefused(key)) throw new BlobStoreDeniedError('the store answers 403');
        };
        return Object.assign(Object.create(store) as BlobStore, {
          get: async (...args: Parameters<BlobStore['get']>) => (refused(args[0]), store.get(...args)),
        });
      };
      return commandIn('old', { stores: Object.assign(Object.create(own) as typeof own, { at }), ...changes });
    };
    const command = await refusing((key) => key === 'files/2/1');
    await expect(command.migrate('new')).rejects.toThrow(
      /1 files cannot be copied.*files\/2\/1: the store answers 403/s,
    );
    await (await refusing((key) => key === 'files/2/1', { skipUnreadable: true })).migrate('new');
    expect(row).toMatchObject({ phase: 'moved', active: 'new' });
    expect(await keysIn('new')).toEqual(['files/1/1', 'files/3/1']);

    row = { ...row, phase: 'copying', active: 'default', other: 'new' };
    await (await storeIn('old', 'new')).delete('files/1/1');
    let isOpen = false;
    const waiting = await refusing(() => !isOpen, {
      tell: (line) => {
        told.push(line);
        isOpen ||= line.startsWith('A store is away: the store answers 403');
      },
    });
    await waiting.migrate('new');
    expect(isOpen).toBe(true);
    expect(await keysIn('new')).toEqual(keys);
  });

  it('ends without a store that is lost after the switch', async () => {
    await (await commandIn('old')).migrate('new');
    await rm(join(directory, 'old'), { recursive: true });
    const later = await commandIn('old');
    await expect(later.finish(false)).rejects.toThrow(/None of 3 files/);
    await later.finish(true);
    expect(row).toMatchObject({ phase: 'settled', active: 'new' });
  });

  it('a stray of an earlier move does not come back', async () => {
    await put(await storeIn('old', 'new'), `files/${randomUUID()}/1`);
    await (await commandIn('old')).migrate('new');
    expect(await keysIn('new')).toEqual(keys);
  });
});
