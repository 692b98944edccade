import { Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import type { IndexComparisonReport } from '@perennial/contracts-retrieval';
import { UnitOfWork } from '@perennial/persistence';
import { Pace } from '@perennial/runtime';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding, type SealedEmbedding } from '../settings/settings';
import { BuildsRepository, type IndexBuild } from './builds.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';
import { IndexComparison } from './index-comparison';
import { type FillPass, IndexFiller } from './index-filler';
import { IndexRegistry } from './index-registry';
import { StoreCheck } from './store-check';

/** The holder of the build; the steps of a process that has lost it have no effect. */
export interface Holder {
  owner: string;
  buildId: string;
}

/** What is built, and how. */
export interface Building {
  index: VectorIndex;
  /** The active index, if it is in another vector store. */
  movesFrom?: VectorIndex | undefined;
  pace?: Pace | undefined;
}

/** The other vector store finds less than it has to. The same points are compared the next time, so to try again is of no use. */
export class FindsTooLittle extends Error {}

/** Counts in a row that may find points missing although they were confirmed: then the store loses them. */
const COUNTS = 3;
const UNCOMPARED = { samples: 0, equal: 0, searches: 0, recall: 1 };

/** The steps of a build, all idempotent. */
@Injectable()
export class BuildSteps {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly filler: IndexFiller,
    private readonly comparison: IndexComparison,
    private readonly check: StoreCheck,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * The index to fill: the one that was started, or a new one. Undefined when the holder has lost the build.
   *
   * @throws CallError when a running process would look for the index in another store
   */
  async begin(build: IndexBuild, holder: Holder, signal: AbortSignal): Promise<Building | undefined> {
    const active = await this.catalog.active();
    if (!active) throw new Error('an index is built, and none is active');
    const store = build.store ?? active.store;
    const movesFrom = store === active.store ? undefined : active;
    if (movesFrom) await this.check.assertKnown(store);
    const index = (await this.begun(build)) ?? (await this.add(build, { store, active }, holder, signal));
    if (!index) return undefined;
    await this.registry.ensureCollection(index, signal);
    return { index, movesFrom, pace: build.pointsPerSecond === null ? undefined : new Pace(build.pointsPerSecond) };
  }

  private async begun({ indexId }: IndexBuild): Promise<VectorIndex | undefined> {
    return (await this.catalog.writable()).find(({ id }) => id === indexId);
  }

  private async add(
    { model, embedding }: IndexBuild,
    { store, active }: { store: string; active: VectorIndex },
    { owner, buildId }: Holder,
    signal: AbortSignal,
  ): Promise<VectorIndex | undefined> {
    // Vectors are copied to another store, so that the embedder need not be there.
    const copies = store !== active.store && model === active.model;
    const dimension = copies ? active.dimension : await this.dimension(embedding, signal);
    await this.builds.forgetOtherDimensions(model, dimension);
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.builds.hold(tx, owner, buildId))) return undefined;
      await this.catalog.retireBuilding(tx);
      const wanted = { store, model, dimension, embedding };
      const index = (await this.catalog.reopenFormer(tx, wanted)) ?? (await this.catalog.addBuilding(tx, wanted));
      await this.builds.setIndex(tx, buildId, index.id);
      return index;
    });
  }

  private dimension(embedding: SealedEmbedding, signal: AbortSignal): Promise<number> {
    return this.embeddings.dimension(
      openEmbedding(embedding, (sealed) => this.seal.open(sealed)),
      signal,
    );
  }

  /** One pass over the missing files. */
  fill({ index, movesFrom, pace }: Building, { owner, buildId }: Holder, signal: AbortSignal): Promise<FillPass> {
    const from = movesFrom?.model === index.model ? movesFrom : undefined;
    const onProgress = () => this.builds.noteProgress(owner, buildId);
    return this.filler.fillMissing(index, { signal, from, pace, onProgress });
  }

  /**
   * Compares an index in another store with the active one: counts until no point is missing, then searches in both.
   *
   * @param minRecall 0: searches are not compared, so that the active index's store may be away
   * @throws FindsTooLittle of the active index's hits, or CallError when points that were confirmed are missing
   */
  async compare(
    building: Building & { movesFrom: VectorIndex },
    holder: Holder,
    { minRecall, signal }: { minRecall: number; signal: AbortSignal },
  ): Promise<IndexComparisonReport> {
    const { index, movesFrom } = building;
    for (let n = 1; ; n += 1) {
      const { points, incomplete } = await this.comparison.count(index, signal);
      if (incomplete === 0) {
        if (minRecall === 0) return { points, ...UNCOMPARED };
        const report = { points, ...(await this.comparison.sample(movesFrom, index, signal)) };
        if (report.recall >= minRecall) return report;
        const found = `The vector store "${index.store}" finds ${percent(report.recall)} of what "${movesFrom.store}" finds`;
        throw new FindsTooLittle(`${found}, and ${percent(minRecall)} is asked for`);
      }
      if (n === COUNTS)
        throw new CallError(
          'UNAVAILABLE',
          `The vector store "${index.store}" lacks points of ${incomplete} files that it had confirmed`,
        );
      await this.fill(building, holder, signal);
    }
  }

  /**
   * Makes the index the one that answers, unless something is missing. Ingestions that make a generation live hold the active index
   * until they have committed (`IndexCatalog.holdActive`): earlier commits are visible here, and later transactions see the new index.
   *
   * @param without placements whose files may be missing: the upkeep writes them when their store is back
   * @throws CallError when a running process would look for the index in another store
   */
  async switchTo(
    { index, movesFrom }: Building,
    { owner, buildId }: Holder,
    { without, comparison }: { without: readonly string[]; comparison: IndexComparisonReport | undefined },
  ): Promise<'done' | 'missing' | 'lost'> {
    if (movesFrom) await this.check.assertKnown(index.store);
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.builds.hold(tx, owner, buildId))) return 'lost';
      await this.catalog.lockWritable(tx);
      if (await this.builds.lacksAny(tx, index.id, without)) return 'missing';
      await this.catalog.activate(tx, index.id, comparison);
      await this.builds.cancel(tx);
      return 'done';
    });
  }
}

function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}
