import { Inject, Injectable } from '@nestjs/common';
import { type Logger, Runtime } from '@perennial/runtime';
import { type VectorStore, VectorStoreError, VectorStores } from '@perennial/vector-store';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { IndexFiller } from '../search-index/index-filler';
import { IndexRegistry } from '../search-index/index-registry';
import { usesIndex } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { VECTOR_STORES } from '../stores/tokens';

/**
 * An index that has never been active is dropped soon: only a worker that has not noticed yet may still write to it.
 */
const UNUSED_S = 60;
/** Files that changed recently are left to their workers. */
const QUIET_S = 60;

/** Maintains the indexes: drops retired ones after their grace period, and fills gaps of the active one. */
@Injectable()
export class IndexUpkeep {
  private readonly log: Logger;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly filler: IndexFiller,
    private readonly settings: SettingsKeeper,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('index-upkeep');
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.remakeLost(signal);
    await this.fillGaps(signal);
    await this.dropRetired();
  }

  private async dropRetired(): Promise<void> {
    for (const { id, collection } of await this.catalog.retired(this.env.INDEX_GRACE_SECONDS, UNUSED_S)) {
      // Where a store is away, the index is known until its collection is dropped there too.
      if (await this.inEachStore((store) => store.dropCollection(collection))) await this.catalog.forget(id);
    }
  }

  /** A store that was emptied or replaced has no collections. */
  private async remakeLost(signal: AbortSignal): Promise<void> {
    const indexes = await this.catalog.writable();
    if (indexes.length === 0) return;
    await this.inEachStore((store, residence) => this.remakeLostIn(store, residence, indexes, signal));
  }

  /**
   * The installation's own store first. A placement's that fails holds up its own files only.
   *
   * @returns whether none failed
   */
  private async inEachStore(work: (store: VectorStore, residence: string | null) => Promise<void>): Promise<boolean> {
    await work(this.stores.own, null);
    let isWhole = true;
    for (const [residence, store] of this.stores.separate) {
      try {
        await work(store, residence);
      } catch (error) {
        if (!(error instanceof VectorStoreError)) throw error;
        this.warn(residence, error);
        isWhole = false;
      }
    }
    return isWhole;
  }

  private warn(placement: string, err: VectorStoreError): void {
    this.log.warn({ err, placement }, 'the vector store of a placement failed; only its files wait');
  }

  private async remakeLostIn(
    store: VectorStore,
    residence: string | null,
    indexes: readonly VectorIndex[],
    signal: AbortSignal,
  ): Promise<void> {
    const there = new Set((await store.listCollections({ signal })).map(({ name }) => name));
    for (const index of indexes.filter(({ collection }) => !there.has(collection))) {
      this.registry.forgetCollection(index);
      await this.registry.ensureCollection(index, signal, residence);
    }
  }

  /** Fills the gaps of the active index that no worker is responsible for. */
  private async fillGaps(signal: AbortSignal): Promise<void> {
    const index = await this.catalog.active();
    if (!index || !usesIndex(await this.settings.current())) return;
    const { away } = await this.filler.fillMissing(index, { signal, quietS: QUIET_S });
    for (const [residence, error] of away) this.warn(residence, error);
  }
}
