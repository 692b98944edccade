import { DEFAULT_STORE } from './declared';
import { StoreUnavailableError } from './errors';
import type { VectorStore } from './types';

export interface VectorStoresOptions {
  /** The installation's stores. */
  named: ReadonlyMap<string, VectorStore>;
  /** The one of them that `VECTOR_DB` describes. */
  ownName?: string;
  /** By the names of all declared placements; `default` for those whose data is in the installation's stores. */
  placed?: ReadonlyMap<string, VectorStore | 'default'>;
}

/** The vector stores of the installation, and those of placements. */
export class VectorStores {
  /** The installation's, by name. */
  readonly named: ReadonlyMap<string, VectorStore>;
  /** The name of the store of `VECTOR_DB`: where the first index is made. */
  readonly ownName: string;
  /** The stores of those placements that have one of their own, by name. */
  readonly separate: ReadonlyMap<string, VectorStore>;
  private readonly declared: ReadonlySet<string>;

  constructor({ named, ownName = DEFAULT_STORE, placed = new Map() }: VectorStoresOptions) {
    this.named = named;
    this.ownName = ownName;
    this.declared = new Set(placed.keys());
    this.separate = new Map(
      [...placed].flatMap(([name, store]) => (store === 'default' ? [] : [[name, store] as const])),
    );
  }

  /**
   * The store for the points of an index that are of a placement.
   *
   * @param placement null: of none
   * @param name of the index's store, for what is not kept in a placement's own
   * @throws StoreUnavailableError when this process does not know one of them: the data waits until it does
   */
  at(placement: string | null, name: string): VectorStore {
    const separate = placement === null ? undefined : this.separate.get(placement);
    if (separate) return separate;
    if (placement !== null && !this.declared.has(placement))
      throw undeclared(`the placement "${placement}" is not declared in PLACEMENTS of this process`);
    const store = this.named.get(name);
    if (store) return store;
    throw undeclared(`the vector store "${name}" is not declared in VECTOR_STORES of this process`);
  }

  /** Whether data of a placement is apart from the installation's; one that this process does not know is. */
  isSeparate(placement: string | null): boolean {
    return placement !== null && (this.separate.has(placement) || !this.declared.has(placement));
  }

  async close(): Promise<void> {
    await Promise.all([...this.named.values(), ...this.separate.values()].map((store) => store.close()));
  }
}

function undeclared(message: string): StoreUnavailableError {
  return new StoreUnavailableError(message, { isUndeclared: true });
}
