import { Inject, Injectable } from '@nestjs/common';
import { type Logger, Runtime } from '@perennial/runtime';
import { type VectorStore, VectorStoreError, VectorStores } from '@perennial/vector-store';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FileMoves } from '../files/file-moves.repository';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { IndexFiller } from '../search-index/index-filler';
import { IndexRegistry } from '../search-index/index-registry';
import { usesIndex } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { VECTOR_STORES } from '../stores/tokens';

type RetiredIndex = Pick<VectorIndex, 'id' | 'collection' | 'store' | 'state'>;

/**
 * An index that has never been active is dropped soon: only a worker that has not noticed yet may still write to it.
 */
const UNUSED_S = 60;
/** Files that changed recently are left to their workers. */
const QUIET_S = 60;

/** Maintains the indexes: drops retired ones after their grace period, and fills gaps of the active and the former one. */
@Injectable()
export class IndexUpkeep {
  private readonly log: Logger;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly filler: IndexFiller,
    private readonly settings: SettingsKeeper,
    private readonly moves: FileMoves,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) runtime: Runtime,
  ) {
    this.log = runtime.logger('index-upkeep');
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.moves.settleAll();
    await this.catalog.retireFormer(this.env.FORMER_STORE_GRACE_SECONDS);
    const indexes = await this.catalog.writable();
    for (const index of indexes) await this.unlessAway(index, () => this.remakeLost(index, signal));
    const active = indexes.find(({ state }) => state === 'active');
    if (active && usesIndex(await this.settings.current()))
      for (const index of indexes.filter(({ state }) => state !== 'building'))
        await this.unlessAway(index, () => this.fillGaps(index, active, signal));
    for (const index of await this.catalog.retired(this.env.INDEX_GRACE_SECONDS, UNUSED_S))
      await this.unlessAway(index, () => this.dropRetired(index));
  }

  /** @throws when the active index's store is away; others hold up nothing */
  private async unlessAway(index: Pick<VectorIndex, 'store' | 'state'>, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof VectorStoreError) || index.state === 'active') throw error;
      this.log.warn({ err: error, store: index.store, state: index.state }, 'a vector store failed; its index waits');
    }
  }

  private async dropRetired({ id, collection, store }: RetiredIndex): Promise<void> {
    if (!this.stores.named.has(store))
      this.log.warn({ store, collection }, 'a vector store is no longer declared; what it has of an index stays there');
    // Where a store is away, the index is known until its collection is dropped there too.
    if (await this.inEachStore(store, (where) => where.dropCollection(collection))) await this.catalog.forget(id);
  }

  /** A store that was emptied or replaced has no collections. */
  private async remakeLost(index: VectorIndex, signal: AbortSignal): Promise<void> {
    await this.inEachStore(index.store, async (store, residence) => {
      const there = await store.listCollections({ signal });
      if (there.some(({ name }) => name === index.collection)) return;
      this.registry.forgetCollection(index);
      await this.registry.ensureCollection(index, signal, residence);
    });
  }

  /**
   * The installation's store first, if it is declared. A placement's that fails holds up its own files only.
   *
   * @returns whether none failed
   */
  private async inEachStore(
    name: string,
    work: (store: VectorStore, residence: string | null) => Promise<void>,
  ): Promise<boolean> {
    const installation = this.stores.named.get(name);
    if (installation) await work(installation, null);
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

  /** Fills the gaps that no worker is responsible for; the former index from the active one. */
  private async fillGaps(index: VectorIndex, active: VectorIndex, signal: AbortSignal): Promise<void> {
    const from = index.id === active.id ? undefined : active;
    const { away } = await this.filler.fillMissing(index, { signal, from, quietS: QUIET_S });
    for (const [residence, error] of away) this.warn(residence, error);
  }
}
