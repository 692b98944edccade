import { StoreUnavailableError } from './errors';
import type { VectorStore } from './types';

/** The vector store of the installation, and those of placements. */
export class VectorStores {
  /** @param placed by the names of all declared placements; without a store of its own it is `own` */
  constructor(
    readonly own: VectorStore,
    private readonly placed: ReadonlyMap<string, VectorStore>,
  ) {}

  /** The stores of those placements that have one of their own, by name. */
  get separate(): ReadonlyMap<string, VectorStore> {
    return new Map([...this.placed].filter(([, store]) => store !== this.own));
  }

  /** Each store once. */
  get all(): readonly VectorStore[] {
    return [...new Set([this.own, ...this.placed.values()])];
  }

  /**
   * The store for the data of a placement; null: the installation's own.
   *
   * @throws StoreUnavailableError when this process does not know the placement: its data waits until it does
   */
  at(placement: string | null | undefined): VectorStore {
    if (placement == null) return this.own;
    const store = this.placed.get(placement);
    if (store) return store;
    throw new StoreUnavailableError(`the placement "${placement}" is not declared in PLACEMENTS of this process`);
  }

  /** Whether data of a placement is apart from the installation's own; one that this process does not know is. */
  isSeparate(placement: string | null): boolean {
    return placement !== null && this.placed.get(placement) !== this.own;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((store) => store.close()));
  }
}
