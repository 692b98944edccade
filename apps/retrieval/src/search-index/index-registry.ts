import { Inject, Injectable } from '@nestjs/common';
import { UnitOfWork } from '@perennial/persistence';
import { type Logger, Runtime } from '@perennial/runtime';
import { type VectorStore, VectorStores } from '@perennial/vector-store';
import { embeddingModelId } from '../embedding/embedding-config';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { VECTOR_STORES } from '../stores/tokens';
import { IndexCatalog, type Residents, type VectorIndex } from './index-catalog';

/** The indexes for writes, with their collections created. */
@Injectable()
export class IndexRegistry {
  private readonly log: Logger;
  /** By the id of an index: the stores in which this process knows its collection to exist. */
  private readonly made = new Map<string, Set<VectorStore>>();
  private first: Promise<VectorIndex> | undefined;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly keeper: SettingsKeeper,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    private readonly unitOfWork: UnitOfWork,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    runtime: Runtime,
  ) {
    this.log = runtime.logger('index-registry');
  }

  /**
   * Where the points of a file go: the active index, and the one that is being filled, if there is one. The first call of an
   * installation makes the first index, for which it asks the embedder how many dimensions its vectors have.
   * @throws EmbeddingError, VectorStoreError
   */
  async writable(signal?: AbortSignal): Promise<VectorIndex[]> {
    let indexes = await this.catalog.writable();
    if (!indexes.some(({ state }) => state === 'active')) indexes = [await this.makeFirst(), ...indexes];
    for (const index of indexes) await this.ensureCollection(index, signal);
    return indexes;
  }

  /**
   * The process that added an index may have died before it made the collection: the next writer creates it. A collection that existed and is
   * missing (an emptied store) has none of the recorded points: its records are deleted first, so that everything is written again.
   *
   * @param residence names the store
   */
  async ensureCollection(
    { id, collection, dimension }: VectorIndex,
    signal?: AbortSignal,
    residence: string | null = null,
  ): Promise<void> {
    const store = this.stores.at(residence);
    if (this.made.get(id)?.has(store)) return;
    await this.unitOfWork.run(async (tx) => {
      // One at a time: the second must not clear what the first has written.
      await this.catalog.lockCollection(tx, id);
      const there = (await store.listCollections({ signal })).some(({ name }) => name === collection);
      // A separate statement, which stays committed if the store fails afterwards.
      const places = there ? 0 : await this.catalog.unrecordAll(id, this.residents(store, residence));
      if (places > 0)
        this.log.warn({ collection, places }, 'the vector store has lost a collection; it is filled again');
      await store.ensureCollection(collection, { dimension }, { signal });
    });
    this.made.set(id, (this.made.get(id) ?? new Set()).add(store));
  }

  /** The collection is gone from the store: the next writer recreates it. */
  forgetCollection({ id }: Pick<VectorIndex, 'id'>): void {
    this.made.delete(id);
  }

  private residents(store: VectorStore, residence: string | null): Residents {
    return store === this.stores.own
      ? { amongst: false, residences: [...this.stores.separate.keys()] }
      : { amongst: true, residences: [residence ?? ''] };
  }

  private makeFirst(): Promise<VectorIndex> {
    this.first ??= this.probeAndAdd().finally(() => {
      this.first = undefined;
    });
    return this.first;
  }

  private async probeAndAdd(): Promise<VectorIndex> {
    const { embedding } = await this.keeper.fresh();
    const config = openEmbedding(embedding, (sealed) => this.seal.open(sealed));
    const dimension = await this.embeddings.dimension(config);
    return this.catalog.addFirst({ model: embeddingModelId(embedding), dimension, embedding });
  }
}
