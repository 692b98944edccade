import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { blobStoreEnv, createBlobStore, type KeyedBlobStore } from '@perennial/blob-store';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { rotateKeys } from './key-rotation';

it('brings every file under the first key, continues where it broke off, and leaves what is done', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-rotation-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [old, next] = ['old', 'new'].map((id) => `${id}:${randomBytes(32).toString('base64')}`) as [string, string];
  const open = (...keys: string[]): Promise<KeyedBlobStore> =>
    createBlobStore(
      z
        .object(blobStoreEnv)
        .parse({ DATA_DIR: directory, ...(keys.length > 0 && { BLOB_ENCRYPTION_KEYS: keys.join(',') }) }),
    );
  for (const [keys, kind] of [[[], 'plain'] as const, [[old], 'old'] as const]) {
    const store = await open(...keys);
    for (let n = 0; n < 20; n += 1)
      await store.put(`files/${kind}/${n}`, Readable.from([Buffer.from(`${kind} ${n}`)]), { maxBytes: 100 });
  }
  const store = await open(next, old);
  const rotate = store.rotate.bind(store);
  store.rotate = (key) => (key === 'files/old/9' ? Promise.reject(new Error('the store is away')) : rotate(key));
  let seen = 0;
  const told: string[] = [];
  const progress = { onDone: (blobs: number) => (seen += blobs), onUnreadable: (key: string) => told.push(key) };
  await expect(rotateKeys(store, progress)).rejects.toThrow('the store is away');
  store.rotate = rotate;
  seen = 0;
  const counts = await rotateKeys(store, progress);
  expect(counts.current + counts.rewrapped + counts.encrypted).toBe(40);
  expect(seen).toBe(40);
  expect(await rotateKeys(store, progress)).toMatchObject({ current: 40, rewrapped: 0, encrypted: 0 });
  const after = await open(next);
  for (const key of ['files/plain/3', 'files/old/9'])
    expect(String(await buffer((await after.get(key)).stream))).toMatch(/^(plain 3|old 9)$/);
  // One that nobody can read does not keep the others under their old key.
  const lost = await open(old);
  await lost.put('files/lost/1', Readable.from([Buffer.from('lost')]), { maxBytes: 100 });
  await (await open()).put('files/plain/20', Readable.from([Buffer.from('plain 20')]), { maxBytes: 100 });
  expect(await rotateKeys(after, progress)).toMatchObject({ encrypted: 1, unreadable: 1 });
  expect(told).toEqual(['files/lost/1']);
});
