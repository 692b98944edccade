import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { pointId, VectorStoreError, VectorStores } from '@perennial/vector-store';
import type { EmbeddingConfig } from '../embedding/embedding-config';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { VECTOR_STORES } from '../stores/tokens';
import type { VectorIndex } from './index-catalog';
import type { Page } from './index-writer';

interface ReadOptions {
  signal: AbortSignal;
  /** Another index is written, whose store may be another one. */
  isOther?: boolean;
}

/** Vectors that were paid for: those of the cache, whose rows are removed some time after their last use, and those of an index. */
@Injectable()
export class StoredVectors {
  constructor(
    private readonly embeddings: EmbeddingGateway,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
  ) {}

  /**
   * The vectors of the chunks of these pages by hash, as far as the cache or the index has them.
   *
   * @throws VectorStoreError when the cache lacks some and the store of the index is away; see `failureOf`
   */
  async read(
    index: VectorIndex,
    config: EmbeddingConfig,
    pages: readonly Page[],
    options: ReadOptions,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const hashes = new Set(pages.flatMap(({ chunks }) => chunks.map(({ hash }) => hash)));
    const found = await this.embeddings.vectors(config, [...hashes]);
    for (const residence of new Set(pages.map((page) => page.residence))) {
      const wanted = new Map<string, string>();
      for (const page of pages.filter((one) => one.residence === residence))
        for (const { ordinal, hash } of page.chunks)
          if (!found.has(hash)) wanted.set(pointId({ ...page, scope: page.scopes[0] ?? '', ordinal }), hash);
      for (const [id, vector] of await this.ofPoints(index, residence, [...wanted.keys()], options)) {
        const hash = wanted.get(id);
        if (hash !== undefined && vector.length === index.dimension) found.set(hash, vector);
      }
    }
    return found;
  }

  private async ofPoints(
    { store, collection }: VectorIndex,
    residence: string | null,
    ids: readonly string[],
    { signal, isOther = false }: ReadOptions,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    if (ids.length === 0) return new Map();
    try {
      return await this.stores.at(residence, store).vectors(collection, ids, { signal });
    } catch (error) {
      // Nobody with this placement has stored anything yet.
      if (error instanceof VectorStoreError && error.code === 'NOT_FOUND') return new Map();
      throw isOther && !this.stores.isSeparate(residence) ? failureOf(store, error) : error;
    }
  }
}

/** A failure of the store that is read, told apart from one of the store that is written. */
export function failureOf(store: string, error: unknown): unknown {
  if (!(error instanceof VectorStoreError) || error.code === 'CANCELLED') return error;
  return new CallError('UNAVAILABLE', `The vector store "${store}": ${error.message}`);
}
