import { Injectable } from '@nestjs/common';
import { type Tx, UnitOfWork } from '@perennial/persistence';
import { embeddingModelId } from '../embedding/embedding-config';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding, type SealedEmbedding, type SealedServer } from '../settings/settings';
import { SettingsRepository } from '../settings/settings.repository';
import { SettingsKeeper } from '../settings/settings-keeper';
import { BuildsRepository, type IndexBuild, type Move } from './builds.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';

/** Longest wait of an admin's save for a server that may be away. */
const PROBE_MS = 2_000;

/** Turns an admin's choice into the requested index. */
@Injectable()
export class IndexRequests {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly catalog: IndexCatalog,
    private readonly keeper: SettingsKeeper,
    private readonly settings: SettingsRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
  ) {}

  /** The present dimension of this embedding's vectors; undefined when its server does not answer soon. */
  async dimensionOf(embedding: SealedEmbedding): Promise<number | undefined> {
    const config = openEmbedding(embedding, (sealed) => this.seal.open(sealed));
    return this.embeddings.dimension(config, AbortSignal.timeout(PROBE_MS)).catch(() => undefined);
  }

  /**
   * Requests an index with these embedding settings, in the transaction that saves them. Before the first index there is nothing to do.
   * @param dimension of its vectors: a model that keeps its name and changes its vectors is another model
   */
  async request(tx: Tx, embedding: SealedEmbedding, dimension?: number): Promise<void> {
    const model = embeddingModelId(embedding);
    const build = await this.builds.find(tx);
    await this.builds.wakeFiles(tx);
    const [active, building] = await this.indexes(tx);
    if (!active) return;
    if (build?.model === model) {
      await this.builds.readdress(tx, embedding);
      if (building) await this.catalog.setEmbedding(tx, building.id, embedding);
    }
    if (active.model === model) {
      await this.catalog.setEmbedding(tx, active.id, embedding);
      if (build && build.model !== model) await this.giveUp(tx, build, active, embedding);
      if (build?.model !== model && dimension !== undefined && dimension !== active.dimension)
        await this.requestBuild(tx, embedding);
      return;
    }
    await this.catalog.setEmbedding(tx, active.id, rotated(active.embedding, embedding));
    if (build?.model !== model) await this.requestBuild(tx, embedding);
  }

  /** Requests another index with the present model. One that is being built already continues. */
  async rebuild(tx: Tx): Promise<void> {
    const { embedding } = await this.settings.lock(tx);
    if ((await this.catalog.active(tx)) && !(await this.builds.find(tx))) await this.requestBuild(tx, embedding);
  }

  /** Requests an index of the active one's model in another store. */
  async move(tx: Tx, { embedding }: VectorIndex, move: Move): Promise<void> {
    await this.requestBuild(tx, embedding, move);
  }

  /** Gives up what is requested. */
  async cancel(tx: Tx): Promise<void> {
    await this.builds.cancel(tx);
    await this.catalog.retireBuilding(tx);
  }

  /** The first index may have been created while an admin chose another model: then another one is requested. */
  async notice(): Promise<void> {
    const { embedding } = await this.keeper.current();
    const active = await this.catalog.active();
    if (!active || active.model === embeddingModelId(embedding) || (await this.builds.find())) return;
    await this.unitOfWork.run(async (tx) => this.request(tx, (await this.settings.lock(tx)).embedding));
  }

  private async requestBuild(tx: Tx, embedding: SealedEmbedding, move?: Move): Promise<void> {
    await this.builds.request(tx, embeddingModelId(embedding), embedding, move);
    await this.catalog.retireBuilding(tx);
  }

  /** The model that answers was chosen again; a move to another store was not given up with the other model. */
  private async giveUp(tx: Tx, build: IndexBuild, active: VectorIndex, embedding: SealedEmbedding): Promise<void> {
    if (build.store !== null && build.store !== active.store) return this.requestBuild(tx, embedding);
    await this.cancel(tx);
  }

  private async indexes(tx: Tx) {
    const indexes = await this.catalog.writable(tx);
    return [
      indexes.find(({ state }) => state === 'active'),
      indexes.find(({ state }) => state === 'building'),
    ] as const;
  }
}

/** The active index keeps its own servers; a key that was changed for one of them is changed here too. */
function rotated(answers: SealedEmbedding, wanted: SealedEmbedding): SealedEmbedding {
  const server = (now: SealedServer, next: SealedServer): SealedServer => (now.url === next.url ? next : now);
  return {
    ...answers,
    openai: server(answers.openai, wanted.openai),
    ollama: server(answers.ollama, wanted.ollama),
  };
}
