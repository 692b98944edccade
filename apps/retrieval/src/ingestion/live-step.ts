import { Injectable } from '@nestjs/common';
import { BuildsRepository } from '../search-index/builds.repository';
import { IndexCatalog } from '../search-index/index-catalog';
import { IndexFiller } from '../search-index/index-filler';
import { IndexRegistry } from '../search-index/index-registry';
import type { ClaimedFile } from './claimed-file';

/**
 * Indexes the live text of a file while another one replaces it, or fails to: it belongs into every scope to which the file was added since,
 * however long the replacement takes.
 */
@Injectable()
export class LiveStep {
  constructor(
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly builds: BuildsRepository,
    private readonly filler: IndexFiller,
  ) {}

  /** @throws EmbeddingError, VectorStoreError, or the signal's reason */
  async run({ id, generation, liveGeneration }: ClaimedFile, signal: AbortSignal): Promise<void> {
    if (liveGeneration === null || liveGeneration === generation) return;
    const index = await this.catalog.active();
    if (!index) return;
    const places = await this.builds.missingOf(index.id, id);
    if (places.length === 0) return;
    await this.registry.ensureCollection(index, signal);
    await this.filler.fill(index, places, signal);
  }
}
