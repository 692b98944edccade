import { BlobNotFoundError, type BlobStore, BlobStoreError } from '@perennial/blob-store';
import { ConcurrencyLimiter } from '@perennial/runtime';

/** Blobs that are copied at a time; as many again are listed ahead. */
const CONCURRENCY = 8;
const BATCH = 2 * CONCURRENCY;
/** Failures that are told with their keys. */
const TOLD = 20;

/** One pass over a store. */
export interface MirrorPass {
  copied: number;
  bytes: number;
  /** Blobs in the store that is copied from. */
  blobs: number;
  /** Blobs that could not be copied: damaged, refused, or not readable. The next pass tries them again. */
  failed: number;
  /** The first of them. */
  failures: { key: string; error: string }[];
}

interface Listed {
  key: string;
  size: number;
}

/**
 * Copies what another store lacks. A key never gets other bytes, so a blob of the same size is the same one. Nothing is deleted there: what no
 * row refers to is removed by the services of that site, once they run. A blob is complete there or absent, whenever this process dies.
 */
export class BlobMirror {
  /** What the other store is known to have, with its size. */
  private known: Map<string, number> | undefined;

  constructor(
    private readonly from: BlobStore,
    private readonly to: BlobStore,
  ) {}

  /**
   * A blob that cannot be copied keeps back no other.
   *
   * @throws BlobStoreError of a store that is away: what was copied before it stays, and the next pass continues
   */
  async pass(): Promise<MirrorPass> {
    const known = (this.known ??= await sizesIn(this.to));
    const done: MirrorPass = { copied: 0, bytes: 0, blobs: 0, failed: 0, failures: [] };
    const limiter = new ConcurrencyLimiter(CONCURRENCY);
    let batch: Listed[] = [];
    const copyBatch = async (): Promise<void> => {
      const results = await limiter.map(batch, (blob) => this.copy(blob));
      const [first] = results;
      // Not one of many could be reached: that is the store, and not its blobs.
      if (batch.length === BATCH && first instanceof BlobStoreError && results.every(isUnavailable)) throw first;
      for (const [at, result] of results.entries()) {
        if (result instanceof BlobStoreError) {
          done.failed += 1;
          if (done.failures.length < TOLD) done.failures.push({ key: batch[at]!.key, error: result.message });
        } else if (result !== undefined) {
          done.copied += 1;
          done.bytes += result;
        }
      }
      batch = [];
    };
    for await (const { key, size } of this.from.list('')) {
      done.blobs += 1;
      if (known.get(key) === size) continue;
      batch.push({ key, size });
      if (batch.length === BATCH) await copyBatch();
    }
    await copyBatch();
    return done;
  }

  /** @returns its bytes, or why it was not copied; undefined when it was deleted meanwhile */
  private async copy({ key, size }: Listed): Promise<number | BlobStoreError | undefined> {
    try {
      const { stream } = await this.from.get(key);
      await this.to.put(key, stream, { maxBytes: size, size });
      this.known?.set(key, size);
      return size;
    } catch (error) {
      if (error instanceof BlobNotFoundError) return undefined;
      if (error instanceof BlobStoreError) return error;
      throw error;
    }
  }
}

function isUnavailable(result: unknown): boolean {
  return result instanceof BlobStoreError && result.code === 'UNAVAILABLE';
}

async function sizesIn(store: BlobStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of store.list('')) sizes.set(key, size);
  return sizes;
}
