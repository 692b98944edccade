import { BlobNotFoundError, type BlobStore } from '@perennial/blob-store';
import { ConcurrencyLimiter } from '@perennial/runtime';

/** Blobs that are copied at a time; as many again are listed ahead. */
const CONCURRENCY = 8;

/** One pass over a store. */
export interface MirrorPass {
  copied: number;
  bytes: number;
  /** Blobs in the store that is copied from. */
  blobs: number;
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

  /** @throws BlobStoreError: what was copied before it stays, and the next pass continues */
  async pass(): Promise<MirrorPass> {
    const known = (this.known ??= await sizesIn(this.to));
    const done: MirrorPass = { copied: 0, bytes: 0, blobs: 0 };
    const limiter = new ConcurrencyLimiter(CONCURRENCY);
    let batch: { key: string; size: number }[] = [];
    const copyBatch = async (): Promise<void> => {
      for (const size of await limiter.map(batch, (blob) => this.copy(blob))) {
        if (size === undefined) continue;
        done.copied += 1;
        done.bytes += size;
      }
      batch = [];
    };
    for await (const { key, size } of this.from.list('')) {
      done.blobs += 1;
      if (known.get(key) === size) continue;
      batch.push({ key, size });
      if (batch.length === 2 * CONCURRENCY) await copyBatch();
    }
    await copyBatch();
    return done;
  }

  /** @returns its bytes; undefined when it was deleted meanwhile */
  private async copy({ key, size }: { key: string; size: number }): Promise<number | undefined> {
    try {
      const { stream } = await this.from.get(key);
      await this.to.put(key, stream, { maxBytes: size, size });
      this.known?.set(key, size);
      return size;
    } catch (error) {
      if (error instanceof BlobNotFoundError) return undefined;
      throw error;
    }
  }
}

async function sizesIn(store: BlobStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of store.list('')) sizes.set(key, size);
  return sizes;
}
