import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@perennial/persistence';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { BuildsRepository, type IndexBuild } from './builds.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';
import { type FillPass, IndexFiller } from './index-filler';
import { IndexRegistry } from './index-registry';

/** The holder of the build; the steps of a process that has lost it have no effect. */
export interface Holder {
  owner: string;
  buildId: string;
}

/** The steps of a build, all idempotent. */
@Injectable()
export class BuildSteps {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly filler: IndexFiller,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** The index to fill: the one that was started, or a new one. Undefined when the holder has lost the build. */
  async begin(build: IndexBuild, holder: Holder, signal: AbortSignal): Promise<VectorIndex | undefined> {
    const index = (await this.begun(build)) ?? (await this.add(build, holder, signal));
    if (index) await this.registry.ensureCollection(index, signal);
    return index;
  }

  private async begun({ indexId }: IndexBuild): Promise<VectorIndex | undefined> {
    return (await this.catalog.writable()).find(({ id }) => id === indexId);
  }

  private async add(
    { model, embedding }: IndexBuild,
    { owner, buildId }: Holder,
    signal: AbortSignal,
  ): Promise<VectorIndex | undefined> {
    const dimension = await this.embeddings.dimension(
      openEmbedding(embedding, (sealed) => this.seal.open(sealed)),
      signal,
    );
    await this.builds.forgetOtherDimensions(model, dimension);
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.builds.hold(tx, owner, buildId))) return undefined;
      await this.catalog.retireBuilding(tx);
      const index = await this.catalog.addBuilding(tx, { model, dimension, embedding });
      await this.builds.setIndex(tx, buildId, index.id);
      return index;
    });
  }

  /** One pass over the missing files. */
  fill(index: VectorIndex, { owner, buildId }: Holder, signal: AbortSignal): Promise<FillPass> {
    return this.filler.fillMissing(index, { signal, onProgress: () => this.builds.noteProgress(owner, buildId) });
  }

  /**
   * Makes the index the one that answers, unless something is missing. Ingestions that make a generation live hold the active index
   * until they have committed (`IndexCatalog.holdActive`): earlier commits are visible here, and later transactions see the new index.
   *
   * @param without placements whose files may be missing: the upkeep writes them when their store is back
   */
  switchTo(
    index: VectorIndex,
    { owner, buildId }: Holder,
    without: readonly string[],
  ): Promise<'done' | 'missing' | 'lost'> {
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.builds.hold(tx, owner, buildId))) return 'lost';
      await this.catalog.lockWritable(tx);
      if (await this.builds.lacksAny(tx, index.id, without)) return 'missing';
      await this.catalog.activate(tx, index.id);
      await this.builds.cancel(tx);
      return 'done';
    });
  }
}
