import type { KeyedBlobStore, Rotation } from '@perennial/blob-store';
import { ConcurrencyLimiter } from '@perennial/runtime';

/** Blobs that are worked on at a time; as many again are listed ahead. */
const CONCURRENCY = 8;

/** How many blobs were as they should be, and how many have changed. */
export type RotationCounts = Record<Rotation, number>;

/**
 * Brings all blobs of a store under the first key. One that is under it already costs one small read, so a rotation that was interrupted
 * continues when it is started again.
 *
 * @param onDone after each few blobs, with their number
 * @throws BlobStoreError: what was done before it stays
 */
export async function rotateKeys(store: KeyedBlobStore, onDone: (blobs: number) => void): Promise<RotationCounts> {
  const counts: RotationCounts = { current: 0, rewrapped: 0, encrypted: 0, gone: 0 };
  const limiter = new ConcurrencyLimiter(CONCURRENCY);
  let batch: string[] = [];
  const rotateBatch = async (): Promise<void> => {
    for (const rotation of await limiter.map(batch, (key) => store.rotate(key))) counts[rotation] += 1;
    onDone(batch.length);
    batch = [];
  };
  for await (const { key } of store.list('')) {
    batch.push(key);
    if (batch.length === 2 * CONCURRENCY) await rotateBatch();
  }
  await rotateBatch();
  return counts;
}
