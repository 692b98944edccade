import { Inject, Injectable } from '@nestjs/common';
import type { VectorStore } from '@perennial/vector-store';
import { embeddingModelId } from '../embedding/embedding-config';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';
import { VECTOR_STORE } from '../stores/tokens';
import { IndexCatalog, type VectorIndex } from './index-catalog';

/** The indexes that points are written to, with their collections made. */
@Injectable()
export class IndexRegistry {
  /** Collections that this process has seen made. */
  readonly #made = new Set<string>();
  #first: Promise<VectorIndex> | undefined;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly keeper: SettingsKeeper,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    @Inject(VECTOR_STORE) private readonly store: VectorStore,
  ) {}

  /**
   * Where the points of a file go: the active index, and the one that is being filled, if there is one. The first call of an
   * installation makes the first index, for which it asks the embedder how many dimensions its vectors have.
   * @throws EmbeddingError, VectorStoreError
   */
  async writable(signal?: AbortSignal): Promise<VectorIndex[]> {
    let indexes = await this.catalog.writable();
    if (!indexes.some(({ state }) => state === 'active')) indexes = [await this.#makeFirst(), ...indexes];
    for (const index of indexes) await this.ensureCollection(index, signal);
    return indexes;
  }

  /** The process that added an index may have died before it made the collection: whoever writes sees to it. */
  async ensureCollection({ id, collection, dimension }: VectorIndex, signal?: AbortSignal): Promise<void> {
    if (this.#made.has(id)) return;
    await this.store.ensureCollection(collection, { dimension }, { signal });
    this.#made.add(id);
  }

  /** The collection is gone from the store: the next writer makes it again. */
  forgetCollection({ id }: Pick<VectorIndex, 'id'>): void {
    this.#made.delete(id);
  }

  #makeFirst(): Promise<VectorIndex> {
    this.#first ??= this.#probeAndAdd().finally(() => {
      this.#first = undefined;
    });
    return this.#first;
  }

  async #probeAndAdd(): Promise<VectorIndex> {
    const { embedding } = await this.keeper.fresh();
    const config = openEmbedding(embedding, (sealed) => this.seal.open(sealed));
    const dimension = await this.embeddings.dimension(config);
    return this.catalog.addFirst({ model: embeddingModelId(embedding), dimension, embedding });
  }
}
