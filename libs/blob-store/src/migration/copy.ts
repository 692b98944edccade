import { pipeline, type Transform } from 'node:stream';
import { BlobNotFoundError, RangeNotSatisfiableError } from '../errors';
import type { BlobStore } from '../types';

export interface CopyOptions {
  /** MIME type for the store. */
  contentType?: string;
  /** The bytes pass through it, unchanged: it counts them, or slows them down. */
  through?: Transform;
}

/**
 * Streams a blob from one store into another. One that is deleted meanwhile does not stay there, if whoever deletes it does so in `from` first.
 *
 * @returns its bytes; undefined when `from` does not have it (any more)
 */
export async function copyBlob(
  from: BlobStore,
  to: BlobStore,
  key: string,
  { contentType, through }: CopyOptions = {},
): Promise<number | undefined> {
  try {
    const { stream, size } = await from.get(key);
    const source = through ? pipeline(stream, through, () => undefined) : stream;
    await to.put(key, source, { maxBytes: size, size, contentType });
    if ((await sizeOf(from, key)) !== undefined) return size;
  } catch (error) {
    if (error instanceof BlobNotFoundError) return undefined;
    throw error;
  }
  // It was deleted before it was written here, so its deletion here came too early.
  await to.delete(key);
  return undefined;
}

/** The bytes of a blob; undefined when the store does not have it. */
export async function sizeOf(store: BlobStore, key: string): Promise<number | undefined> {
  try {
    const { stream, size } = await store.get(key, { range: { start: 0, end: 0 } });
    stream.resume();
    return size;
  } catch (error) {
    if (error instanceof RangeNotSatisfiableError) return error.size;
    if (error instanceof BlobNotFoundError) return undefined;
    throw error;
  }
}
