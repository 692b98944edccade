import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { placedKey } from '@perennial/contracts-kernel';
import { EnvError, readEnv } from '@perennial/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BlobStore, blobStoreEnv, blobStoreRules, createBlobStore } from '.';

const schema = z.object(blobStoreEnv).superRefine(blobStoreRules);
const parse = (placements: unknown, DATA_DIR = 'data') =>
  readEnv(schema, { DATA_DIR, PLACEMENTS: JSON.stringify(placements) }, { service: 'test' });
const rest = { vectors: 'default', connections: [] };

describe('the stores of placements', () => {
  let own: string;
  let eu: string;
  let store: BlobStore;
  beforeAll(async () => {
    [own, eu] = (await Promise.all(['own', 'eu'].map((name) => mkdtemp(join(tmpdir(), `perennial-${name}-`))))) as [
      string,
      string,
    ];
    const placements = { eu: { blobs: { DATA_DIR: eu }, ...rest }, us: { blobs: 'default', ...rest } };
    store = await createBlobStore(parse(placements, own));
  });
  afterAll(() => Promise.all([own, eu].map((path) => rm(path, { recursive: true, force: true }))));

  const put = (key: string) => store.put(key, Readable.from([Buffer.from(key)]), { maxBytes: 100 });
  const isIn = (root: string, key: string): Promise<boolean> =>
    access(join(root, 'blobs', `${key}.blob`)).then(
      () => true,
      () => false,
    );
  const listed = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys.sort();
  };

  it('are named by the key, and each blob is in one store', async () => {
    const keys = [undefined, 'eu', 'us'].map((placement) => placedKey(placement, 'files/a/1'));
    for (const key of keys) await put(key);
    expect(await Promise.all(keys.map((key) => isIn(own, key)))).toEqual([true, false, true]);
    expect(await Promise.all(keys.map((key) => isIn(eu, key)))).toEqual([false, true, false]);
    for (const key of keys) expect(String(await buffer((await store.get(key)).stream))).toBe(key);
    expect(await listed('')).toEqual([...keys].sort());
    expect(await listed('files/')).toEqual(['files/a/1']);
    expect(await listed('at/eu/files/')).toEqual(['at/eu/files/a/1']);
    await store.delete('at/eu/files/a/1');
    expect(await isIn(eu, 'at/eu/files/a/1')).toBe(false);
  });

  it('encrypt with keys of their own, if they have some', async () => {
    const BLOB_ENCRYPTION_KEYS = `eu:${Buffer.alloc(32, 1).toString('base64')}`;
    const sealing = await createBlobStore(
      parse({ eu: { blobs: { DATA_DIR: eu, BLOB_ENCRYPTION_KEYS }, ...rest } }, own),
    );
    for (const key of ['at/eu/files/b/1', 'files/b/1']) {
      await sealing.put(key, Readable.from([Buffer.from('x')]), { maxBytes: 1 });
      expect(String(await buffer((await sealing.get(key)).stream))).toBe('x');
    }
    expect([await isIn(eu, 'enc/at/eu/files/b/1'), await isIn(own, 'files/b/1')]).toEqual([true, true]);
    for (const key of ['at/eu/files/b/1', 'files/b/1']) await sealing.delete(key);
  });

  it('refuse the key of a placement that is not declared, and destroy the source', async () => {
    const source = Readable.from([Buffer.from('x')]);
    await expect(store.put('at/mars/files/a/1', source, { maxBytes: 1 })).rejects.toMatchObject({ code: 'DENIED' });
    expect(source.destroyed).toBe(true);
    await expect(store.get('at/mars/files/a/1')).rejects.toMatchObject({ code: 'DENIED' });
    await expect(listed('at/mars/')).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('refuse all keys of placements when none is declared: nothing of theirs gets into the own store', async () => {
    const without = await createBlobStore(readEnv(schema, { DATA_DIR: own }, { service: 'test' }));
    const key = placedKey('eu', 'files/a/2');
    const source = Readable.from([Buffer.from('x')]);
    await expect(without.put(key, source, { maxBytes: 1 })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('"eu" is not declared in PLACEMENTS') as string,
    });
    expect([source.destroyed, await isIn(own, key)]).toEqual([true, false]);
    await expect(without.get(key)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(without.delete(key)).rejects.toMatchObject({ code: 'DENIED' });
    const unplaced = placedKey(undefined, 'files/a/2');
    await without.put(unplaced, Readable.from([Buffer.from('x')]), { maxBytes: 1 });
    expect(String(await buffer((await without.get(unplaced)).stream))).toBe('x');
    await without.delete(unplaced);
  });

  it.each([
    ['a misspelt variable', { eu: { blobs: { DATA_DIRR: '/eu' }, ...rest } }],
    ['a directory that is not named', { eu: { blobs: { STORAGE_PROVIDER: 'local' }, ...rest } }],
    ['a bucket that is not named', { eu: { blobs: { STORAGE_PROVIDER: 's3' }, ...rest } }],
    [
      'a container without a key',
      { eu: { blobs: { STORAGE_PROVIDER: 'azure', AZURE_STORAGE_CONTAINER_NAME: 'c' }, ...rest } },
    ],
    ['a missing part', { eu: { blobs: 'default' } }],
    ['a name that cannot be a segment of a key', { 'E/U': { blobs: 'default', ...rest } }],
  ])('refuse the start with %s', (_, placements) => {
    expect(() => parse(placements)).toThrow(EnvError);
  });
});
