import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { compareSamples } from './samples';

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
  expect(await compareSamples(from, to, keys, false)).toBe(1);
  await expect(compareSamples(from, to, keys, true)).rejects.toThrow(/1 of 4 .*: files\/late\./);
  await put(to, 'files/late', 'evil');
  for (const isComplete of [false, true])
    await expect(compareSamples(from, to, keys, isComplete)).rejects.toThrow(/files\/late/);
});
