import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobIntegrityError, type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { compareSamples } from './compare-samples';

it('compares what is in both stores, and asks for what has to be there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-samples-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const open = (name: string) => createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: join(directory, name) }));
  const [from, to] = await Promise.all([open('from'), open('to')]);
  const put = (store: BlobStore, key: string, text: string) =>
    store.put(key, Readable.from([Buffer.from(text)]), { maxBytes: 100 });
  for (const store of [from, to]) await put(store, 'files/both', 'the same');
  // It came after the last pass, or was not copied back: both are no faults.
  await put(from, 'files/late', 'late');
  await put(to, 'files/new', 'new');
  const keys = ['files/both', 'files/late', 'files/new', 'files/deleted'];
  const before = { isComplete: false, skipUnreadable: false };
  const after = { ...before, isComplete: true };
  expect(await compareSamples(from, to, keys, before)).toBe(1);
  await expect(compareSamples(from, to, keys, after)).rejects.toThrow(/1 of 4 .*: files\/late\./);
  await put(to, 'files/late', 'evil');
  for (const options of [before, after])
    await expect(compareSamples(from, to, keys, options)).rejects.toThrow(/files\/late/);
  // One that was left behind, because it is damaged where it is, and one that is damaged where it was copied to.
  const damage = (store: BlobStore) => {
    const get = store.get.bind(store);
    store.get = async (key) => {
      const content = await get(key);
      return { ...content, stream: content.stream.destroy(new BlobIntegrityError('it is cut off')) };
    };
  };
  const skipping = { ...after, skipUnreadable: true };
  const signal = AbortSignal.abort(new Error('paused'));
  await expect(compareSamples(from, to, ['files/both'], { ...skipping, signal })).rejects.toThrow('paused');
  damage(from);
  expect(await compareSamples(from, to, ['files/both', 'files/late'], skipping)).toBe(0);
  await expect(compareSamples(from, to, ['files/both'], after)).rejects.toThrow(/files\/both/);
  damage(to);
  await expect(compareSamples(await open('from'), to, ['files/both'], skipping)).rejects.toThrow(/files\/both/);
});
