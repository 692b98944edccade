import type { Transform } from 'node:stream';
import { type BlobStore, BlobStoreError, type BlobStoreErrorCode, copyBlob, sizeOf } from '@perennial/blob-store';
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
  /** Some of them; first those for which a store was away. */
  failures: { key: string; code: BlobStoreErrorCode; error: string }[];
}

export interface MirrorOptions {
  /** Keys of others share the store. */
  includes?: (key: string) => boolean;
  /** Others write into the store that is copied to: it may have by now what it lacked when it was listed. */
  isShared?: boolean;
  /** Each blob passes through one of these. */
  through?: () => Transform;
  /** So many keys are chosen by chance. */
  sampled?: number;
  signal?: AbortSignal;
  /** After each few blobs that were copied. */
  onBatch?: (done: Readonly<MirrorPass>) => Promise<void>;
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
  /** Of the last pass: some of the blobs in the store that is copied from, by chance. */
  sample: string[] = [];
  /** What the other store had before the last pass, and the pass did not find in the first one. */
  private strays = new Set<string>();

  constructor(
    private readonly from: BlobStore,
    private readonly to: BlobStore,
    private readonly options: MirrorOptions = {},
  ) {}

  /**
   * A blob that cannot be copied keeps back no other.
   *
   * @throws BlobStoreError of a store that is away: what was copied before it stays, and the next pass continues
   */
  async pass(): Promise<MirrorPass> {
    const known = (this.known ??= await this.sizesIn(this.to));
    const strays = new Set(known.keys());
    const done: MirrorPass = { copied: 0, bytes: 0, blobs: 0, failed: 0, failures: [] };
    this.sample = [];
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
          const { code, message: error } = result;
          const failure = { key: batch[at]!.key, code, error };
          if (isAway(code)) done.failures.unshift(failure);
          else done.failures.push(failure);
          done.failures.splice(TOLD);
        } else if (result !== undefined) {
          done.copied += 1;
          done.bytes += result;
        }
      }
      batch = [];
      await this.options.onBatch?.(done);
    };
    for await (const { key, size } of this.listed(this.from)) {
      done.blobs += 1;
      choose(this.sample, done.blobs, key, this.options.sampled ?? 0);
      strays.delete(key);
      if (known.get(key) === size) continue;
      batch.push({ key, size });
      if (batch.length === BATCH) await copyBatch();
    }
    await copyBatch();
    this.strays = strays;
    return done;
  }

  /**
   * Deletes in the other store what the last pass found there only. Not while somebody writes into that store first.
   *
   * @returns how many
   */
  async removeStrays(): Promise<number> {
    let removed = 0;
    for (const key of this.strays) {
      this.options.signal?.throwIfAborted();
      if ((await sizeOf(this.from, key)) !== undefined) continue;
      await this.to.delete(key);
      removed += 1;
    }
    return removed;
  }

  /** @returns its bytes, or why it was not copied; undefined when it was deleted meanwhile, or is there */
  private async copy({ key, size }: Listed): Promise<number | BlobStoreError | undefined> {
    try {
      if (this.options.isShared && (await sizeOf(this.to, key)) === size) return undefined;
      const copied = await copyBlob(this.from, this.to, key, { through: this.options.through?.() });
      if (copied !== undefined) this.known?.set(key, size);
      return copied;
    } catch (error) {
      if (error instanceof BlobStoreError) return error;
      throw error;
    }
  }

  private async *listed(store: BlobStore): AsyncGenerator<Listed> {
    const { includes = () => true, signal } = this.options;
    for await (const { key, size } of store.list('')) {
      signal?.throwIfAborted();
      if (includes(key)) yield { key, size };
    }
  }

  private async sizesIn(store: BlobStore): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for await (const { key, size } of this.listed(store)) sizes.set(key, size);
    return sizes;
  }
}

/** Each blob of a pass has the same chance to be among the sample, of which the number is not known before. */
function choose(sample: string[], blobs: number, key: string, most: number): void {
  if (sample.length < most) return void sample.push(key);
  const place = Math.floor(Math.random() * blobs);
  if (place < most) sample[place] = key;
}

/** Whether it is the store that failed, and not the one blob. */
export function isAway(code: BlobStoreErrorCode): boolean {
  return code === 'UNAVAILABLE' || code === 'DENIED';
}

function isUnavailable(result: unknown): boolean {
  return result instanceof BlobStoreError && result.code === 'UNAVAILABLE';
}
