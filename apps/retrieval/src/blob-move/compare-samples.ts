import { createHash } from 'node:crypto';
import {
  BlobIntegrityError,
  BlobKeyError,
  BlobNotFoundError,
  type BlobStore,
  BlobStoreDeniedError,
} from '@perennial/blob-store';
import { ConcurrencyLimiter } from '@perennial/runtime';
import { BlobMoveError } from './blob-move-error';

/** Blobs that are read at a time. */
const CONCURRENCY = 4;
/** Keys that are named. */
const NAMED = 5;

const UNREADABLE = Symbol('unreadable');
const UNREADABLE_ERRORS = [BlobIntegrityError, BlobKeyError, BlobStoreDeniedError];

export interface CompareOptions {
  /** `to` has to have what `from` has; otherwise it may lack what came since the last pass. */
  isComplete: boolean;
  /** What cannot be read in `from` was left behind. */
  skipUnreadable: boolean;
  /** Ends it. */
  signal?: AbortSignal;
}

/**
 * Reads blobs in both stores and compares their SHA-256.
 *
 * @returns how many are the same in both; others are in one only, or were deleted meanwhile
 * @throws BlobMoveError that names those that differ, are missing, or cannot be read
 */
export async function compareSamples(
  from: BlobStore,
  to: BlobStore,
  keys: readonly string[],
  { isComplete, skipUnreadable, signal }: CompareOptions,
): Promise<number> {
  const limiter = new ConcurrencyLimiter(CONCURRENCY);
  const look = async (key: string): Promise<'equal' | 'uncompared' | 'different'> => {
    const [there, here] = await Promise.all([hashOf(from, key, signal), hashOf(to, key, signal)]);
    if (there === undefined || (here === undefined && !isComplete)) return 'uncompared';
    if (there === UNREADABLE) return skipUnreadable ? 'uncompared' : 'different';
    return there === here ? 'equal' : 'different';
  };
  const compare = async (key: string): Promise<'equal' | 'uncompared' | 'different'> => {
    const first = await look(key);
    // Somebody may have deleted it between the two.
    return first === 'different' ? look(key) : first;
  };
  const found = await limiter.map([...keys], compare);
  const different = keys.filter((_, at) => found[at] === 'different');
  if (different.length > 0)
    throw new BlobMoveError(
      `${different.length} of ${keys.length} files that were compared are not the same in both stores, so this goes no further: ${different.slice(0, NAMED).join(', ')}.`,
    );
  return found.filter((result) => result === 'equal').length;
}

/** @returns undefined when the store does not have it */
async function hashOf(
  store: BlobStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<string | typeof UNREADABLE | undefined> {
  signal?.throwIfAborted();
  try {
    const hash = createHash('sha256');
    for await (const chunk of (await store.get(key, { signal })).stream) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
    }
    return hash.digest('hex');
  } catch (error) {
    // What was cut off is not unreadable.
    signal?.throwIfAborted();
    if (error instanceof BlobNotFoundError) return undefined;
    if (UNREADABLE_ERRORS.some((kind) => error instanceof kind)) return UNREADABLE;
    throw error;
  }
}
