import { Injectable } from '@nestjs/common';
import type { IndexStatus } from '@perennial/contracts-retrieval';
import { BuildsRepository } from './builds.repository';
import { IndexCatalog } from './index-catalog';

/** What answers, and how far what is to replace it is. */
@Injectable()
export class IndexStatusReader {
  constructor(
    private readonly catalog: IndexCatalog,
    private readonly builds: BuildsRepository,
  ) {}

  async read(): Promise<IndexStatus> {
    const [indexes, build] = await Promise.all([this.catalog.writable(), this.builds.find()]);
    const active = indexes.find(({ state }) => state === 'active');
    const filled = indexes.find(({ id }) => id === build?.indexId);
    return {
      active: active
        ? {
            id: active.id,
            engine: active.embedding.engine,
            model: active.embedding.model,
            dimension: active.dimension,
          }
        : null,
      building: build
        ? {
            id: filled?.id ?? build.id,
            engine: build.embedding.engine,
            model: build.embedding.model,
            dimension: filled?.dimension ?? null,
            ...(await this.builds.progress(build.indexId)),
            error: build.error,
          }
        : null,
    };
  }
}
