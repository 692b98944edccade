import { BlobIntegrityError, BlobKeyError, type KeyedBlobStore, type Rotation } from '@perennial/blob-store';
import { ConcurrencyLimiter } from '@perennial/runtime';

/** Blobs that are worked on at a time; as many again are listed ahead. */
const CONCURRENCY = 8;

/** How many blobs were as they should be, how many have changed, and how many could not be read: these stay as they are. */
export type RotationCounts = Record<Rotation | 'unreadable', number>;

export interface RotationProgress {
  /** After each few blobs, with their number. */
  onDone(blobs: number): void;
  /** For a blob that is damaged, or whose key is missing. It must not keep the others under their old keys. */
  onUnreadable(key: string, error: Error): void;
}

/**
 * Brings all blobs of a store under the first key. One that is under it already costs one small read, so a rotation that was interrupted
 * continues when it is started again.
 *
 * @throws BlobStoreError when the store is away, or refuses us: what was done before it stays
 */
export async function rotateKeys(
  store: KeyedBlobStore,
  { onDone, onUnreadable }: RotationProgress,
): Promise<RotationCounts> {
  const counts: RotationCounts = { current: 0, rewrapped: 0, encrypted: 0, gone: 0, unreadable: 0 };
  const limiter = new ConcurrencyLimiter(CONCURRENCY);
  let batch: string[] = [];
  const rotate = (key: string): Promise<Rotation | 'unreadable'> =>
    store.rotate(key).catch((error: unknown) => {
      if (!(error instanceof BlobKeyError || error instanceof BlobIntegrityError)) throw error;
      onUnreadable(key, error);
      return 'unreadable';
    });
  const rotateBatch = async (): Promise<void> => {
    for (const rotation of await limiter.map(batch, rotate)) counts[rotation] += 1;
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
