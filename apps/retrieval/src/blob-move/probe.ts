import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  BlobIntegrityError,
  BlobKeyError,
  BlobNotFoundError,
  type BlobStore,
  BlobStoreDeniedError,
  sizeOf,
} from '@perennial/blob-store';
import { BlobMoveError } from './blob-move-error';

const PROBE = Buffer.from('perennial doctor');

/**
 * Writes a small blob, reads it, and deletes it.
 *
 * @throws BlobStoreError when the store cannot do one of these, or BlobMoveError when it reads something else
 */
export async function probe(store: BlobStore): Promise<void> {
  const key = `doctor/${randomUUID()}`;
  await store.put(key, Readable.from([PROBE]), { maxBytes: PROBE.length });
  const read = await buffer((await store.get(key)).stream);
  await store.delete(key);
  if (!read.equals(PROBE)) throw new BlobMoveError('what was read is not what was written');
}

/** Whether the store has a blob. One that cannot be read is there. */
export async function isIn(store: BlobStore, key: string): Promise<boolean> {
  try {
    return (await sizeOf(store, key)) !== undefined;
  } catch (error) {
    if (error instanceof BlobIntegrityError || error instanceof BlobKeyError) return true;
    throw error;
  }
}

/** Whether the store gives out the blob, and does not refuse it. */
export async function isGivenOut(store: BlobStore, key: string): Promise<boolean> {
  try {
    (await store.get(key)).stream.destroy();
    return true;
  } catch (error) {
    if (error instanceof BlobStoreDeniedError || error instanceof BlobNotFoundError) return false;
    throw error;
  }
}
