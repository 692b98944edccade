import { Inject, Injectable } from '@nestjs/common';
import type { VectorStore } from '@perennial/vector-store';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IndexCatalog } from '../search-index/index-catalog';
import { IndexFiller } from '../search-index/index-filler';
import { IndexRegistry } from '../search-index/index-registry';
import { usesIndex } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { VECTOR_STORE } from '../stores/tokens';

/**
 * An index that has never been active is dropped soon: only a worker that has not noticed yet may still write to it.
 */
const UNUSED_S = 60;
/** Files that changed recently are left to their workers. */
const QUIET_S = 60;

/** Maintains the indexes: drops retired ones after their grace period, and fills gaps of the active one. */
@Injectable()
export class IndexUpkeep {
  constructor(
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly filler: IndexFiller,
    private readonly settings: SettingsKeeper,
    @Inject(VECTOR_STORE) private readonly store: VectorStore,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    await this.dropRetired();
    await this.remakeLost(signal);
    await this.fillGaps(signal);
  }

  private async dropRetired(): Promise<void> {
    for (const { id, collection } of await this.catalog.retired(this.env.INDEX_GRACE_SECONDS, UNUSED_S)) {
      await this.store.dropCollection(collection);
      await this.catalog.forget(id);
    }
  }

  /** A store that was emptied or replaced has no collections. */
  private async remakeLost(signal: AbortSignal): Promise<void> {
    const indexes = await this.catalog.writable();
    if (indexes.length === 0) return;
    const there = new Set((await this.store.listCollections({ signal })).map(({ name }) => name));
    for (const index of indexes.filter(({ collection }) => !there.has(collection))) {
      this.registry.forgetCollection(index);
      await this.registry.ensureCollection(index, signal);
    }
  }

  /** Fills the gaps of the active index that no worker is responsible for. */
  private async fillGaps(signal: AbortSignal): Promise<void> {
    const index = await this.catalog.active();
    if (index && usesIndex(await this.settings.current()))
      await this.filler.fillMissing(index, { signal, quietS: QUIET_S });
  }
}
