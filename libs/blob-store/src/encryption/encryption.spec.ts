import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { EnvError, readEnv } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BlobRange, blobStoreEnv, blobStoreRules, createBlobStore, type KeyedBlobStore } from '..';
import { FilesystemBlobStore } from '../filesystem/store';
import { FRAME_BYTES, toPlainSize, toStoredSize } from './format';
import { KeyRing, parseEncryptionKeys } from './key-ring';
import { EncryptedBlobStore } from './store';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);
const KEY = 'files/a/1';
const keyNamed = (id: string, secret = randomBytes(32)): string => `${id}:${secret.toString('base64')}`;
const [OLD, NEW] = [keyNamed('old'), keyNamed('new')];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'perennial-encrypted-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const read = (variables: Record<string, string>) =>
  readEnv(schema, { DATA_DIR: directory, ...variables }, { service: 'test' });
const open = (...keys: string[]): Promise<KeyedBlobStore> =>
  createBlobStore(read(keys.length === 0 ? {} : { BLOB_ENCRYPTION_KEYS: keys.join(',') }));
const fileOf = (key: string): string => join(directory, 'blobs', `${key}.blob`);
const put = (store: KeyedBlobStore, content: Buffer, key = KEY) =>
  store.put(key, Readable.from([content]), { maxBytes: content.length });
const get = async (store: KeyedBlobStore, range?: BlobRange, key = KEY) =>
  buffer((await store.get(key, { range })).stream);

describe('what is stored', () => {
  it.each([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 200_000])(
    'of %d bytes is encrypted, and their number can be told from its size',
    async (size) => {
      const content = randomBytes(size);
      const store = await open(OLD);
      expect(await put(store, content)).toMatchObject({ size });
      const stored = await readFile(fileOf(`enc/${KEY}`));
      expect(stored.length).toBe(toStoredSize(size));
      expect(toPlainSize(stored.length)).toBe(size);
      if (size > 16) expect(stored.includes(content.subarray(0, 16))).toBe(false);
      expect((await get(store)).equals(content)).toBe(true);
    },
  );

  it('is another text each time: no data key is used twice', async () => {
    const store = await open(OLD);
    const content = Buffer.alloc(1_000, 'same');
    await put(store, content, 'files/a/1');
    await put(store, content, 'files/a/2');
    const [one, two] = await Promise.all(['files/a/1', 'files/a/2'].map((key) => readFile(fileOf(`enc/${key}`))));
    expect(one!.subarray(100).equals(two!.subarray(100))).toBe(false);
  });
});

describe('a blob that somebody has changed in the store', () => {
  const size = 2 * FRAME_BYTES;
  const content = randomBytes(size);
  const FRAME = FRAME_BYTES + 16;
  let store: KeyedBlobStore;
  beforeEach(async () => {
    store = await open(OLD);
    await put(store, content);
  });

  it.each([
    ['by its last frame', toStoredSize(size) - FRAME],
    ['in the middle of a frame', toStoredSize(size) - 100],
    ['by one byte', toStoredSize(size) - 1],
    ['after its header', 100],
    ['in its header', 50],
    ['to nothing', 0],
  ])('cut off %s is refused', async (_, length) => {
    await truncate(fileOf(`enc/${KEY}`), length);
    await expect(get(store)).rejects.toMatchObject({ code: 'INTEGRITY' });
    await expect(get(store, { suffix: 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/INTEGRITY|RANGE/) as string,
    });
  });

  it.each([
    ['a bit of a frame', 'INTEGRITY', (bytes: Buffer) => bytes.fill((bytes[200] ?? 0) ^ 1, 200, 201)],
    ['the key in the header', 'KEY', (bytes: Buffer) => bytes.fill((bytes[60] ?? 0) ^ 1, 60, 61)],
    ['the beginning', 'INTEGRITY', (bytes: Buffer) => bytes.fill(0, 0, 1)],
    [
      'the order of the frames',
      'INTEGRITY',
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, 100), bytes.subarray(100 + FRAME), bytes.subarray(100, 100 + FRAME)]),
    ],
    ['a further frame', 'INTEGRITY', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(100, 100 + FRAME)])],
  ])('in %s is refused', async (_, code, change) => {
    await writeFile(fileOf(`enc/${KEY}`), change(await readFile(fileOf(`enc/${KEY}`))));
    await expect(get(store)).rejects.toMatchObject({ code });
  });

  it('for another blob is refused', async () => {
    await put(store, randomBytes(10), 'files/a/2');
    await writeFile(fileOf('enc/files/a/2'), await readFile(fileOf(`enc/${KEY}`)));
    await expect(get(store, undefined, 'files/a/2')).rejects.toMatchObject({ code: 'KEY' });
  });
});

describe('keys', () => {
  it('that are missing or others are named, and nothing encrypted is given out', async () => {
    await put(await open(OLD), randomBytes(1_000));
    for (const range of [undefined, { start: 0, end: 9 }]) {
      for (const keys of [[], [NEW]])
        await expect(get(await open(...keys), range)).rejects.toMatchObject({
          code: 'KEY',
          message: expect.stringMatching(/key "old", which is not in BLOB_ENCRYPTION_KEYS/) as string,
        });
      const wrong = await get(await open(keyNamed('old')), range).catch((error: unknown) => error);
      expect(wrong).toMatchObject({
        code: 'KEY',
        message: expect.stringMatching(/key "old".*is not the one with which/) as string,
      });
    }
  });

  it.each([
    ['no id', randomBytes(32).toString('base64')],
    ['too few bytes', 'a:' + randomBytes(16).toString('base64')],
    ['an id twice', `${keyNamed('a')},${keyNamed('a')}`],
    ['an item that is empty', `${keyNamed('a')},`],
  ])('with %s fail the start, and are not printed', (_, BLOB_ENCRYPTION_KEYS) => {
    const start = () => read({ BLOB_ENCRYPTION_KEYS });
    expect(start).toThrow(EnvError);
    expect(start).toThrow(/BLOB_ENCRYPTION_KEYS/);
    expect(start).not.toThrow(new RegExp(BLOB_ENCRYPTION_KEYS.slice(2, 20).replace(/[+/]/g, '.')));
  });
});

describe('plain blobs of before', () => {
  it('are read, listed once, replaced and deleted', async () => {
    const plain = await open();
    const [content, other] = [randomBytes(100_000), randomBytes(10)];
    await put(plain, content);
    await put(plain, content, 'pictures/a');
    const store = await open(OLD);
    expect((await get(store)).equals(content)).toBe(true);
    expect((await get(store, { start: 70_000, end: 70_009 })).equals(content.subarray(70_000, 70_010))).toBe(true);
    await put(store, other);
    expect((await get(store)).equals(other)).toBe(true);
    await expect(stat(fileOf(KEY))).rejects.toThrow('ENOENT');
    const sizes = async (prefix: string): Promise<Record<string, number>> => {
      const all: [string, number][] = [];
      for await (const { key, size } of store.list(prefix)) all.push([key, size]);
      expect(new Set(all.map(([key]) => key)).size).toBe(all.length);
      return Object.fromEntries(all);
    };
    expect(await sizes('')).toEqual({ [KEY]: 10, 'pictures/a': 100_000 });
    expect(await sizes('files/')).toEqual({ [KEY]: 10 });
    for (const key of [KEY, 'pictures/a']) await store.delete(key);
    expect(await sizes('')).toEqual({});
  });
});

describe('rotation', () => {
  it('brings every blob under the first key, once, and a blob that is deleted meanwhile is gone', async () => {
    const content = randomBytes(3 * FRAME_BYTES + 5);
    await put(await open(), content, 'files/plain/1');
    await put(await open(OLD), content, 'files/old/1');
    const store = await open(NEW, OLD);
    await put(store, content, 'files/new/1');
    const before = await readFile(fileOf('enc/files/old/1'));
    // A process that was killed before it could remove the plain one.
    await put(await open(), content, 'files/new/1');
    const rotate = () => Promise.all(['plain', 'old', 'new', 'none'].map((name) => store.rotate(`files/${name}/1`)));
    expect(await rotate()).toEqual(['encrypted', 'rewrapped', 'current', 'gone']);
    expect(await rotate()).toEqual(['current', 'current', 'current', 'gone']);
    // The frames have not changed: only the header was made anew.
    expect((await readFile(fileOf('enc/files/old/1'))).subarray(100).equals(before.subarray(100))).toBe(true);
    const after = await open(NEW);
    for (const name of ['plain', 'old', 'new'])
      expect((await get(after, undefined, `files/${name}/1`)).equals(content)).toBe(true);
    for (const name of ['plain', 'new']) await expect(stat(fileOf(`files/${name}/1`))).rejects.toThrow('ENOENT');
  });

  it('hides no blob from whoever reads it at that moment', async () => {
    await put(await open(), Buffer.from('plain'));
    const inner = new FilesystemBlobStore(join(directory, 'blobs'));
    const store = new EncryptedBlobStore(inner, new KeyRing(parseEncryptionKeys([NEW])!));
    const ask = inner.get.bind(inner);
    // The reader was told that there is no encrypted one, and asks for the plain one.
    inner.get = async (key, options) => {
      if (key === KEY) {
        inner.get = ask;
        expect(await store.rotate(KEY)).toBe('encrypted');
      }
      return ask(key, options);
    };
    expect(String(await get(store))).toBe('plain');
  });

  it('says which key is missing, and leaves the blob as it is', async () => {
    await put(await open(OLD), randomBytes(10));
    await expect((await open(NEW)).rotate(KEY)).rejects.toThrow(/key "old", which is not in/);
    await expect((await open()).rotate(KEY)).rejects.toThrow('BLOB_ENCRYPTION_KEYS is not set');
    expect((await get(await open(OLD))).length).toBe(10);
  });
});
