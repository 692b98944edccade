import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { ConcurrencyLimiter, type Distribution, Runtime } from '@perennial/runtime';
import type { SearchFilter } from '@perennial/vector-store';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IndexCatalog, type VectorIndex } from '../search-index/index-catalog';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { refusalOfEmbedder } from '../stores/residence';
import { IndexSwitchedError, type LiveFound, LiveSearch, type Question } from './live-search';
import { SearchRepository, type SearchResource } from './search.repository';
import type { EmbeddingName, ScoredChunk } from './sources';

/** Parameters of the search of each item. */
export interface Wanted {
  /** Of all the items. */
  residence: string | null;
  queries: readonly string[];
  k: number;
  threshold: number;
  /** Undefined: semantic only. */
  keywordWeight?: number;
}

export interface ItemsFound {
  /** By the id of the item. */
  chunks: Map<string, readonly ScoredChunk[]>;
  /** The model of the vectors; undefined before anything was embedded. */
  embedding?: EmbeddingName;
}

/** Concurrent searches of one call. */
const CONCURRENCY = 6;
/** Most switches of the index during one search. */
const ATTEMPTS = 3;

/** Searches files and bases, all in the active index. */
@Injectable()
export class ItemSearch {
  private readonly seconds: Distribution<'mode' | 'outcome'>;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly repository: SearchRepository,
    private readonly live: LiveSearch,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    @Inject(Runtime) runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    this.seconds = runtime.metrics.histogram('search_seconds', 'Duration of searches', ['mode', 'outcome']);
  }

  /** @throws EmbeddingError, VectorStoreError, CallError when the placement does not allow the embedder, or the signal's reason */
  async search(items: readonly SearchResource[], wanted: Wanted, signal: AbortSignal): Promise<ItemsFound> {
    if (items.length === 0) return { chunks: new Map() };
    const mode = wanted.keywordWeight === undefined ? 'dense' : 'hybrid';
    const startedAt = performance.now();
    const observe = (outcome: 'ok' | 'error') =>
      this.seconds.observe({ mode, outcome }, (performance.now() - startedAt) / 1_000);
    try {
      const found = await this.untilOneIndex(items, wanted, signal);
      observe('ok');
      return found;
    } catch (error) {
      signal.throwIfAborted();
      observe('error');
      throw error;
    }
  }

  /** Whether a search without a threshold would find anything: files may not be read yet. */
  async isAnyFindable(items: readonly SearchResource[]): Promise<boolean> {
    const index = await this.catalog.active();
    const idsOf = (type: SearchResource['type']) => items.filter((item) => item.type === type).map(({ id }) => id);
    return index !== undefined && this.repository.isAnyFindable(index.id, idsOf('file'), idsOf('collection'));
  }

  /** All results must be of one index: after a switch the search is repeated. */
  private async untilOneIndex(
    items: readonly SearchResource[],
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<ItemsFound> {
    for (let attempt = 1; ; attempt += 1) {
      const index = await this.catalog.active();
      if (!index) return { chunks: new Map() };
      try {
        return await this.searchIn(index, items, wanted, signal);
      } catch (error) {
        if (!(error instanceof IndexSwitchedError) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async searchIn(
    index: VectorIndex,
    items: readonly SearchResource[],
    { queries, ...wanted }: Wanted,
    signal: AbortSignal,
  ): Promise<ItemsFound> {
    const config = openEmbedding(index.embedding, (sealed) => this.seal.open(sealed));
    const refusal = refusalOfEmbedder(this.env.PLACEMENTS, wanted.residence, config);
    if (refusal) throw new CallError('FAILED_PRECONDITION', refusal, { reason: 'placement' });
    const [vectors, filters] = await Promise.all([
      this.embeddings.questions(config, queries, { dimension: index.dimension, signal }),
      this.filters(index, items),
    ]);
    const question: Question = { vectors, texts: queries, ...wanted };
    const found = await this.findEach(index, filters, question, signal);
    const missed = await this.mayBeMissed(index, items, filters, found);
    const later = await this.findEach(index, missed, question, signal);
    const chunksOf = (id: string): ScoredChunk[] => {
      const [first, second] = [found.get(id)?.chunks ?? [], later.get(id)?.chunks ?? []];
      return second.length === 0 ? first : bestOf([...first, ...second], question.k);
    };
    return { chunks: new Map(items.map(({ id }) => [id, chunksOf(id)])), embedding: config };
  }

  private async findEach(
    index: VectorIndex,
    filters: ReadonlyMap<string, SearchFilter>,
    question: Question,
    signal: AbortSignal,
  ): Promise<Map<string, LiveFound>> {
    const found = await new ConcurrencyLimiter(CONCURRENCY).map([...filters], async ([id, filter]) => {
      return [id, await this.live.find(index, filter, question, signal)] as const;
    });
    return new Map(found);
  }

  /**
   * Items that are searched once more. Each is searched at a moment of its own: a file that moves may have left its base before that was
   * searched, and may have come to another one after that was. The end of a move leaves hits that are rejected, or an empty result.
   *
   * @returns their present filters
   */
  private async mayBeMissed(
    index: VectorIndex,
    items: readonly SearchResource[],
    filters: ReadonlyMap<string, SearchFilter>,
    found: ReadonlyMap<string, LiveFound>,
  ): Promise<Map<string, SearchFilter>> {
    const bases = items.filter(({ type }) => type === 'collection');
    const isAnyStale = bases.length > 1 && bases.some(({ id }) => found.get(id)?.isStale);
    const files = items.filter(({ type, id }) => type === 'file' && !found.get(id)?.chunks.length);
    const present = await this.filters(index, isAnyStale ? [...bases, ...files] : files);
    for (const { id } of files) if (isDeepStrictEqual(present.get(id), filters.get(id))) present.delete(id);
    return present;
  }

  /** The filter of each item in the index. A file that is not in it has none. */
  private async filters(index: VectorIndex, items: readonly SearchResource[]): Promise<Map<string, SearchFilter>> {
    const filters = new Map<string, SearchFilter>();
    const files: string[] = [];
    for (const { type, id } of items) {
      if (type === 'collection') filters.set(id, { scopes: [id] });
      else files.push(id);
    }
    const places = files.length === 0 ? [] : await this.repository.placesOfFiles(index.id, files);
    for (const { fileId, scope, generation } of places)
      filters.set(fileId, { scopes: [scope], fileIds: [fileId], generation });
    return filters;
  }
}

/** The best, equal texts once. */
function bestOf(chunks: readonly ScoredChunk[], k: number): ScoredChunk[] {
  const byText = new Map(chunks.map((chunk) => [chunk.hash, chunk]));
  return [...byText.values()].sort((a, b) => b.score - a.score || b.similarity - a.similarity).slice(0, k);
}
