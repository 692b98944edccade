import { Injectable } from '@nestjs/common';
import type { IndexStatus } from '@perennial/contracts-retrieval';
import { BuildsRepository } from './builds.repository';
import { IndexCatalog } from './index-catalog';
import { RefusalsRepository } from './refusals.repository';

/** Refused files that are listed; the others are counted. */
const NAMED = 100;

/** The active index, and the progress of the one that will replace it. */
@Injectable()
export class IndexStatusReader {
  constructor(
    private readonly catalog: IndexCatalog,
    private readonly builds: BuildsRepository,
    private readonly refusals: RefusalsRepository,
  ) {}

  async read(): Promise<IndexStatus> {
    const [indexes, build, refused] = await Promise.all([
      this.catalog.writable(),
      this.builds.find(),
      this.refusals.list(NAMED),
    ]);
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
      refused: {
        total: refused.total,
        files: refused.files.map(({ indexId, ...file }) => ({ ...file, building: indexId !== active?.id })),
      },
    };
  }
}
