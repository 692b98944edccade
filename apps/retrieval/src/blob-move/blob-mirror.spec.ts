import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  BlobKeyError,
  type BlobStore,
  blobStoreEnv,
  BlobStoreUnavailableError,
  createBlobStore,
} from '@perennial/blob-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { BlobMirror } from './blob-mirror';
import { Throttle } from './throttle';

let directory: string;
let from: BlobStore;
let to: BlobStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'perennial-mirror-'));
  const open = (name: string) => createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: join(directory, name) }));
  [from, to] = await Promise.all([open('from'), open('to')]);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const put = (store: BlobStore, key: string, text: string) =>
  store.put(key, Readable.from([Buffer.from(text)]), { maxBytes: 1_000 });
const read = async (store: BlobStore, key: string) => String(await buffer((await store.get(key)).stream));

it('copies what the other store lacks, once, and deletes nothing there', async () => {
  for (let n = 0; n < 40; n += 1) await put(from, `files/${n}/1`, `text ${n}`);
  await put(to, 'files/0/1', 'text 0');
  await put(to, 'files/old/1', 'only there');
  const mirror = new BlobMirror(from, to);
  expect(await mirror.pass()).toMatchObject({ copied: 39, blobs: 40 });
  expect(await read(to, 'files/39/1')).toBe('text 39');
  expect(await read(to, 'files/old/1')).toBe('only there');
  await put(from, 'pictures/new', 'new');
  expect(await mirror.pass()).toEqual({ copied: 1, bytes: 3, blobs: 41, failed: 0, failures: [] });
  expect(await new BlobMirror(from, to).pass()).toMatchObject({ copied: 0 });
});

it('goes on after blobs that are damaged, and names them at each pass', async () => {
  for (let n = 0; n < 40; n += 1) await put(from, `files/${n}/1`, `text ${n}`);
  const open = from.get.bind(from);
  from.get = async (key, options) => {
    const content = await open(key, options);
    return key === 'files/7/1' ? { ...content, stream: Readable.from([Buffer.from('tex')]) } : content;
  };
  const mirror = new BlobMirror(from, to);
  expect(await mirror.pass()).toMatchObject({ copied: 39, blobs: 40, failed: 1, failures: [{ key: 'files/7/1' }] });
  await put(from, 'files/new/1', 'new');
  expect(await mirror.pass()).toMatchObject({ copied: 1, failed: 1, failures: [{ key: 'files/7/1' }] });
  await expect(read(to, 'files/7/1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('ends a pass when the other store is away', async () => {
  for (let n = 0; n < 20; n += 1) await put(from, `files/${n}/1`, `text ${n}`);
  to.put = () => Promise.reject(new BlobStoreUnavailableError('it is away'));
  await expect(new BlobMirror(from, to).pass()).rejects.toThrow('it is away');
});

it('names a store that is away before all blobs that cannot be read, of which it does not name each', async () => {
  for (let n = 0; n < 30; n += 1) await put(from, `files/${n}/1`, `text ${n}`);
  let last = '';
  for await (const { key } of from.list('')) last = key;
  from.get = (key) => Promise.reject(key === last ? new BlobStoreUnavailableError('away') : new BlobKeyError('lost'));
  const { failed, failures } = await new BlobMirror(from, to).pass();
  expect(failed).toBe(30);
  expect(failures).toHaveLength(20);
  expect(failures[0]).toMatchObject({ key: last, code: 'UNAVAILABLE' });
});

it('continues after a pass that failed, and copies again what is there in part', async () => {
  for (let n = 0; n < 5; n += 1) await put(from, `files/${n}/1`, `text ${n}`);
  await put(to, 'files/4/1', 'cut');
  const write = to.put.bind(to);
  to.put = (key, source, options) =>
    key === 'files/2/1' ? Promise.reject(new Error('the line is cut')) : write(key, source, options);
  const mirror = new BlobMirror(from, to);
  await expect(mirror.pass()).rejects.toThrow('the line is cut');
  to.put = write;
  await mirror.pass();
  for (let n = 0; n < 5; n += 1) expect(await read(to, `files/${n}/1`)).toBe(`text ${n}`);
});

it('removes what only the other store has, and not what came meanwhile', async () => {
  await put(from, 'files/1/1', 'text');
  await put(to, 'files/stray/1', 'deleted here before');
  await put(to, 'files/late/1', 'late');
  const turn = new AbortController();
  const stopped = new BlobMirror(from, to, { signal: turn.signal });
  await stopped.pass();
  turn.abort(new Error('paused'));
  await expect(stopped.removeStrays()).rejects.toThrow('paused');
  const mirror = new BlobMirror(from, to, { isShared: true });
  await mirror.pass();
  // It was written into both after the lists were read.
  await put(from, 'files/late/1', 'late');
  expect(await mirror.removeStrays()).toBe(1);
  await expect(read(to, 'files/stray/1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await read(to, 'files/late/1')).toBe('late');
});

it('where others write too, what they have written meanwhile is not copied again', async () => {
  await put(from, 'files/1/1', 'text');
  const mirror = new BlobMirror(from, to, { isShared: true });
  expect(await mirror.pass()).toMatchObject({ copied: 1 });
  await put(from, 'files/2/1', 'both');
  await put(to, 'files/2/1', 'both');
  expect(await mirror.pass()).toMatchObject({ copied: 0, blobs: 2 });
});

it('leaves out keys of others, slows down to a rate, and counts', async () => {
  for (const key of ['files/1/1', 'files/2/1', 'pictures/2']) await put(from, key, 'x'.repeat(500));
  let seen = 0;
  const throttle = new Throttle(5_000, (bytes) => (seen += bytes));
  const began = performance.now();
  const mirror = new BlobMirror(from, to, {
    includes: (key) => !key.startsWith('pictures/'),
    through: () => throttle.stream(),
  });
  expect(await mirror.pass()).toMatchObject({ copied: 2, blobs: 2 });
  expect(seen).toBe(1_000);
  // A timer never fires early by more than a millisecond.
  expect(performance.now() - began).toBeGreaterThan(98);
});
