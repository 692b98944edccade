import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnv } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type BlobStore,
  blobStoreEnv,
  blobStoreRules,
  BlobStoreUnavailableError,
  copyBlob,
  createBlobStore,
  type KeyedBlobStore,
  type PlacedBlobStore,
} from '..';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);
const ENOUGH = { maxBytes: 1_000 };
const SETTLED = { version: 1, active: 'default', other: null };
const COPYING = { version: 2, active: 'default', other: 'new' };
const MOVED = { version: 3, active: 'new', other: 'default' };

/** Real directories: the installation's own store, and one that is declared beside it. */
describe('a store that can be changed', () => {
  let directory: string;
  let store: PlacedBlobStore;
  let old: KeyedBlobStore;
  let next: KeyedBlobStore;
  const open = (): Promise<PlacedBlobStore> => {
    const BLOB_STORES = JSON.stringify({ new: { DATA_DIR: join(directory, 'new') } });
    return createBlobStore(readEnv(schema, { DATA_DIR: join(directory, 'old'), BLOB_STORES }, { service: 'test' }));
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-switched-'));
    store = await open();
    [old, next] = [await store.own.at('default'), await store.own.at('new')];
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const put = (to: BlobStore, key: string) => to.put(key, Readable.from([Buffer.from(key)]), ENOUGH);
  const read = async (from: BlobStore, key: string): Promise<string | undefined> => {
    try {
      return await text((await from.get(key)).stream);
    } catch (error) {
      expect(error).toMatchObject({ code: 'NOT_FOUND' });
      return undefined;
    }
  };
  const keysIn = async (from: BlobStore): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of from.list('')) keys.push(key);
    return keys.sort();
  };

  it('writes nothing before it knows where, and reads what is anywhere', async () => {
    await put(next, 'files/a');
    expect(await read(store, 'files/a')).toBe('files/a');
    await expect(put(store, 'files/b')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.delete('files/a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(keysIn(store)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('refuses everything but reads while files are in a store that it does not know', async () => {
    await store.own.use(SETTLED);
    await put(store, 'files/a');
    await expect(store.own.use({ version: 2, active: 'default', other: 'elsewhere' })).rejects.toThrow(/BLOB_STORES/);
    expect(store.own.choice).toBeUndefined();
    await expect(put(store, 'files/b')).rejects.toThrow(/"elsewhere" is not declared/);
    expect(await read(store, 'files/a')).toBe('files/a');
    await store.own.use({ ...SETTLED, version: 3 });
    await put(store, 'files/b');
  });

  it('follows a database that was put back and gave out the same version again', async () => {
    await store.own.use(COPYING);
    await store.own.use({ ...COPYING, active: 'new', other: null });
    await put(store, 'files/a');
    expect([await keysIn(old), await keysIn(next)]).toEqual([[], ['files/a']]);
  });

  it('one without other stores works at once, and follows what it learns later', async () => {
    const alone = await createBlobStore(readEnv(schema, { DATA_DIR: join(directory, 'old') }, { service: 'test' }));
    await put(alone, 'files/a');
    await expect(alone.own.use(MOVED)).rejects.toThrow(/"new" is not declared/);
    await expect(put(alone, 'files/b')).rejects.toMatchObject({ code: 'DENIED' });
  });

  it.each([
    ['copying', COPYING],
    ['moved', MOVED],
  ])('%s: writes both, reads either, deletes and lists both', async (_, choice) => {
    await store.own.use(choice);
    await put(store, 'files/both');
    expect([await keysIn(old), await keysIn(next)]).toEqual([['files/both'], ['files/both']]);
    await put(old, 'files/old');
    await put(next, 'files/new');
    expect(await read(store, 'files/old')).toBe('files/old');
    expect(await read(store, 'files/new')).toBe('files/new');
    expect(await read(store, 'files/none')).toBeUndefined();
    expect(new Set(await keysIn(store))).toEqual(new Set(['files/both', 'files/old', 'files/new']));
    for (const key of ['files/both', 'files/old', 'files/new']) await store.delete(key);
    expect([await keysIn(old), await keysIn(next)]).toEqual([[], []]);
  });

  it('a process that has not noticed the switch and one that has find what the other writes', async () => {
    const late = await open();
    await late.own.use(COPYING);
    await store.own.use(MOVED);
    // Neither reaches its second store.
    (await late.own.at('new')).put = (await store.own.at('default')).put = () =>
      Promise.reject(new BlobStoreUnavailableError('it is away'));
    await put(late, 'files/late');
    await put(store, 'files/early');
    expect(await read(store, 'files/late')).toBe('files/late');
    expect(await read(late, 'files/early')).toBe('files/early');
  });

  it('the second store may be away: files are kept in the first one, and no further upload waits for it', async () => {
    await store.own.use(COPYING);
    let tries = 0;
    next.put = () => {
      tries += 1;
      return Promise.reject(new BlobStoreUnavailableError('it is away'));
    };
    const missed: string[] = [];
    store.own.onMissed = (name) => missed.push(name);
    await put(store, 'files/a');
    await put(store, 'files/b');
    expect({ tries, missed }).toEqual({ tries: 1, missed: ['new', 'new'] });
    expect(await keysIn(old)).toEqual(['files/a', 'files/b']);
  });

  it('a second store that hangs holds up an upload for a moment only, and collects few copies', async () => {
    await store.own.use(COPYING);
    let tries = 0;
    next.put = () => {
      tries += 1;
      return new Promise(() => undefined);
    };
    let missed = 0;
    store.own.onMissed = () => (missed += 1);
    await Promise.all(Array.from({ length: 40 }, (_, n) => put(store, `files/${n}`)));
    expect({ tries, missed }).toEqual({ tries: 32, missed: 8 });
    expect(await keysIn(old)).toHaveLength(40);
  });

  it('a file is missing only if both stores say so; while one is away it may be there', async () => {
    await store.own.use(MOVED);
    old.get = () => Promise.reject(new BlobStoreUnavailableError('it is away'));
    await expect(store.get('files/a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await put(next, 'files/a');
    expect(await read(store, 'files/a')).toBe('files/a');
    next.get = old.get;
    await expect(store.get('files/a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('one that did not answer holds up one reader, and is asked again where the other has nothing', async () => {
    await store.own.use(MOVED);
    await put(store, 'files/a');
    await put(next, 'files/new');
    const get = next.get.bind(next);
    let asked = 0;
    next.get = () => {
      asked += 1;
      return Promise.reject(new BlobStoreUnavailableError('it does not answer'));
    };
    for (let n = 0; n < 3; n += 1) expect(await read(store, 'files/a')).toBe('files/a');
    expect(asked).toBe(1);
    next.get = get;
    expect(await read(store, 'files/new')).toBe('files/new');
  });

  it('a deletion fails while one store is away, so that it is repeated and the file does not come back', async () => {
    await store.own.use(COPYING);
    await put(store, 'files/a');
    const remove = next.delete.bind(next);
    next.delete = () => Promise.reject(new BlobStoreUnavailableError('it is away'));
    await expect(store.delete('files/a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    next.delete = remove;
    await store.delete('files/a');
    expect(await keysIn(next)).toEqual([]);
  });

  it.each([
    ['copying begins', SETTLED, COPYING],
    ['the move is over', SETTLED, { ...MOVED, other: null }],
  ])('an upload during which %s is in the new store when it is acknowledged', async (_, before, after) => {
    await store.own.use(before);
    const source = new PassThrough();
    const upload = store.put('files/slow', source, ENOUGH);
    source.write('first, ');
    await sleep(20);
    await store.own.use(after);
    source.end('second');
    await upload;
    expect(await read(next, 'files/slow')).toBe('first, second');
  });

  it('a deletion during which copying begins deletes the copy, too', async () => {
    await store.own.use(SETTLED);
    await put(store, 'files/a');
    const remove = old.delete.bind(old);
    old.delete = async (key) => {
      // The first pass is faster than this deletion.
      await copyBlob(old, next, 'files/a');
      await store.own.use(COPYING);
      await remove(key);
    };
    await store.delete('files/a');
    expect([await keysIn(old), await keysIn(next)]).toEqual([[], []]);
  });

  it.each([
    ['copying', COPYING],
    ['moved', MOVED],
  ])('%s: a file that is deleted while it is copied does not come back', async (_, choice) => {
    await store.own.use(choice);
    await put(old, 'files/a');
    const write = next.put.bind(next);
    next.put = async (key, source, options) => {
      await store.delete('files/a');
      return write(key, source, options);
    };
    expect(await copyBlob(old, next, 'files/a')).toBeUndefined();
    expect(await keysIn(next)).toEqual([]);
  });

  it('a copy reads no faster than it is written', async () => {
    let taken = 0;
    const endless = Readable.from(
      (function* () {
        for (; taken < 1_000; taken += 1) yield Buffer.alloc(65_536);
      })(),
      { objectMode: false },
    );
    const size = 1_000 * 65_536;
    old.get = () => Promise.resolve({ stream: endless, size, start: 0, length: size });
    let seen: Readable | undefined;
    next.put = (_, source) => {
      seen = source;
      return new Promise(() => undefined);
    };
    void copyBlob(old, next, 'files/huge', { through: new PassThrough() });
    await sleep(50);
    expect(seen).toBeDefined();
    expect(taken).toBeLessThan(20);
  });
});
