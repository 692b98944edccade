import { Inject, Injectable } from '@nestjs/common';
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
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    runtime: Runtime,
  ) {
    this.log = runtime.logger('index-registry');
  }

  /**
   * Where the points of a file go: the active index, then the one that is being filled and the former one, if there are such. The first
   * call of an installation makes the first index, for which it asks the embedder how many dimensions its vectors have. The collections of
   * others than the active one are made by those who fill them.
   * @throws EmbeddingError, VectorStoreError
   */
  async writable(signal?: AbortSignal): Promise<VectorIndex[]> {
    const indexes = await this.catalog.writable();
    const active = indexes.find(({ state }) => state === 'active') ?? (await this.makeFirst());
    await this.ensureCollection(active, signal);
    return [active, ...indexes.filter(({ id }) => id !== active.id)];
  }

  /**
   * The process that added an index may have died before it made the collection: the next writer creates it. A collection that existed and is
   * missing (an emptied store) has none of the recorded points: its records are deleted first, so that everything is written again.
   *
   * No transaction is open meanwhile: a store may take longer than one may be silent. Two processes may do it at once: the slower one clears
   * at most records of points that are there, and these are written once more.
   *
   * @param residence names the store
   */
  async ensureCollection(
    { id, store: name, collection, dimension }: VectorIndex,
    signal?: AbortSignal,
    residence: string | null = null,
  ): Promise<void> {
    const store = this.stores.at(residence, name);
    if (this.made.get(id)?.has(store)) return;
    const there = (await store.listCollections({ signal })).some(({ name }) => name === collection);
    // Before it is made: a process that dies in between would leave records of points that are lost.
    const places = there ? 0 : await this.catalog.unrecordAll(id, this.residents(residence));
    if (places > 0) this.log.warn({ collection, places }, 'the vector store has lost a collection; it is filled again');
    await store.ensureCollection(collection, { dimension }, { signal });
    this.made.set(id, (this.made.get(id) ?? new Set()).add(store));
  }

  /** The collection is gone from the store: the next writer recreates it. */
  forgetCollection({ id }: Pick<VectorIndex, 'id'>): void {
    this.made.delete(id);
  }

  private residents(residence: string | null): Residents {
    return residence !== null && this.stores.isSeparate(residence)
      ? { amongst: true, residences: [residence] }
      : { amongst: false, residences: [...this.stores.separate.keys()] };
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
    const { ownName: store } = this.stores;
    return this.catalog.addFirst({ store, model: embeddingModelId(embedding), dimension, embedding });
  }
}
