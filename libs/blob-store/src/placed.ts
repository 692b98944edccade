import type { Readable } from 'node:stream';
import { placementOfKey } from '@perennial/contracts-kernel';
import { BlobStoreDeniedError } from './errors';
import type { SwitchedBlobStore } from './migration/switched';
import type {
  BlobContent,
  BlobEntry,
  BlobStore,
  GetOptions,
  KeyedBlobStore,
  ListOptions,
  PutOptions,
  Rotation,
  StoredBlob,
} from './types';

/**
 * The store of the installation and those of placements behind one contract: the key says which one it is (`placedKey`). A key of a
 * placement that this process does not know is refused, never sought elsewhere.
 */
export class PlacedBlobStore implements KeyedBlobStore {
  readonly capabilities;
  readonly presign?: BlobStore['presign'];

  /** @param placed by the names of all declared placements; without a store of its own it is `own` */
  constructor(
    readonly own: SwitchedBlobStore,
    private readonly placed: ReadonlyMap<string, KeyedBlobStore>,
  ) {
    const sharedBetweenHosts = this.all.every((store) => store.capabilities.sharedBetweenHosts);
    const presign = this.all.every((store) => store.capabilities.presign);
    if (presign) this.presign = async (key, options) => this.storeOf(key).presign!(key, options);
    this.capabilities = { presign, sharedBetweenHosts };
  }

  async put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    try {
      return await this.storeOf(key).put(key, source, options);
    } finally {
      source.destroy();
    }
  }

  async get(key: string, options?: GetOptions): Promise<BlobContent> {
    return this.storeOf(key).get(key, options);
  }

  async delete(key: string): Promise<void> {
    await this.storeOf(key).delete(key);
  }

  /** A prefix that names no placement lists the installation's own store; the empty one lists all. */
  async *list(prefix: string, options?: ListOptions): AsyncGenerator<BlobEntry> {
    for (const store of prefix === '' ? this.all : [this.storeOf(prefix)]) yield* store.list(prefix, options);
  }

  async rotate(key: string): Promise<Rotation> {
    return this.storeOf(key).rotate(key);
  }

  /** @throws BlobStoreError of a store that is away, when it is done in all others */
  async removeUnfinished(olderThanMs: number): Promise<number> {
    const done = await Promise.allSettled(this.all.map((store) => store.removeUnfinished(olderThanMs)));
    const failed = done.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed) throw failed.reason as Error;
    return done.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0);
  }

  /** Of the installation's own store: one that is away must not make the others unready. */
  health(): Promise<void> {
    return this.own.health();
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((store) => store.close()));
  }

  /** The stores of placements that are not the installation's own. */
  get separate(): ReadonlyMap<string, BlobStore> {
    return new Map([...this.placed].filter(([, store]) => store !== this.own));
  }

  private get all(): readonly KeyedBlobStore[] {
    return [...new Set([this.own, ...this.placed.values()])];
  }

  private storeOf(key: string): KeyedBlobStore {
    const placement = placementOfKey(key);
    if (placement === undefined) return this.own;
    const store = this.placed.get(placement);
    if (store) return store;
    throw new BlobStoreDeniedError(`The placement "${placement}" is not declared in PLACEMENTS of this process`);
  }
}

/** The stores of those placements that have one of their own, by name. */
export function placedBlobStores(store: BlobStore): ReadonlyMap<string, BlobStore> {
  return store instanceof PlacedBlobStore ? store.separate : new Map();
}
