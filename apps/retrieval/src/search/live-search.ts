import { Inject, Injectable } from '@nestjs/common';
import { type Hit, type SearchFilter, VectorStores } from '@perennial/vector-store';
import type { VectorIndex } from '../search-index/index-catalog';
import { IndexRegistry } from '../search-index/index-registry';
import { VECTOR_STORES } from '../stores/tokens';
import { SearchRepository } from './search.repository';
import { type ScoredChunk, toDistance } from './sources';

/** A query for the store. */
export interface Question {
  /** Names the vector store. */
  residence: string | null;
  /** One for each wording, of the index's dimension. */
  vectors: readonly Float32Array[];
  /** The wordings, for the keyword half. */
  texts: readonly string[];
  /** Number of chunks. */
  k: number;
  /** Chunks below this distance (0 … 1) are left out. */
  threshold: number;
  /** 0 … 1; undefined: semantic only. */
  keywordWeight?: number;
}

export interface LiveFound {
  /** The best first. */
  chunks: ScoredChunk[];
  /** Hits were rejected: they are deleted, replaced, or found at another place. */
  isStale: boolean;
}

/** Another index is active now: the search has to be repeated with it. */
export class IndexSwitchedError extends Error {
  override readonly name = 'IndexSwitchedError';
}

/** Most hits of one store search. */
const MAX_LIMIT = 1_000;
/** Factor of further hits when stale ones were dropped. */
const WIDER = 8;
/** Most files in a filter. */
const MAX_NAMED_FILES = 20_000;
/** Each generation in a filter is a search of its own. */
const MAX_GENERATIONS = 8;

/**
 * Searches that return live chunks only. The store may still hold chunks of deleted files and older generations (a paused worker can even
 * write them again); they are rejected by Postgres, and replaced by further hits.
 */
@Injectable()
export class LiveSearch {
  constructor(
    private readonly repository: SearchRepository,
    private readonly registry: IndexRegistry,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
  ) {}

  /**
   * The best `k` chunks within the filter, equal texts once.
   *
   * @throws IndexSwitchedError, VectorStoreError
   */
  async find(index: VectorIndex, filter: SearchFilter, question: Question, signal?: AbortSignal): Promise<LiveFound> {
    for (let limit = Math.min(MAX_LIMIT, 2 * question.k + 8); ; limit = Math.min(MAX_LIMIT, limit * WIDER)) {
      const { hits, exhausted } = await this.ask(index, [filter], question, limit, signal);
      const { chunks, stale, repeated } = await this.keep(index, hits, question);
      const isStale = stale > 0;
      if (chunks.length >= question.k || exhausted || stale + repeated === 0)
        return { chunks: chunks.slice(0, question.k), isStale };
      if (limit < MAX_LIMIT) continue;
      return { chunks: isStale ? await this.exactly(index, filter, question, signal) : chunks, isStale };
    }
  }

  /** Filters by the live files: slower, but stale points cannot displace live ones. */
  private async exactly(
    index: VectorIndex,
    filter: SearchFilter,
    question: Question,
    signal?: AbortSignal,
  ): Promise<ScoredChunk[]> {
    const places = await Promise.all(
      filter.scopes.map((scope) => this.repository.placesInScope(index.id, scope, MAX_NAMED_FILES)),
    );
    const byGeneration = new Map<number, string[]>();
    for (const { fileId, generation } of places.flat()) {
      if (filter.fileIds && !filter.fileIds.includes(fileId)) continue;
      byGeneration.set(generation, [...(byGeneration.get(generation) ?? []), fileId]);
    }
    const largest = [...byGeneration].sort(([, a], [, b]) => b.length - a.length).slice(0, MAX_GENERATIONS);
    const filters = largest.map(([generation, fileIds]) => ({ scopes: filter.scopes, fileIds, generation }));
    const { hits } = await this.ask(index, filters, question, Math.min(MAX_LIMIT, 4 * question.k), signal);
    const { chunks } = await this.keep(index, hits, question);
    return chunks.slice(0, question.k);
  }

  /**
   * Searches each wording under each filter. A point counts by its best score. `exhausted`: no further hit can qualify.
   */
  private async ask(
    index: VectorIndex,
    filters: readonly SearchFilter[],
    { residence, vectors, texts, threshold, keywordWeight }: Question,
    limit: number,
    signal?: AbortSignal,
  ): Promise<{ hits: Hit[]; exhausted: boolean }> {
    const { collection } = index;
    const store = this.stores.at(residence, index.store);
    // Nobody may have stored anything there yet.
    if (this.stores.isSeparate(residence)) await this.registry.ensureCollection(index, signal, residence);
    // If the store has no hybrid search, the semantic half is used alone.
    const isHybrid = keywordWeight !== undefined && store.capabilities.hybrid;
    const answers = await Promise.all(
      filters.flatMap((filter) =>
        vectors.map((vector, n) =>
          isHybrid
            ? store.searchHybrid(collection, { vector, filter, limit, keywordWeight, text: texts[n] ?? '' }, { signal })
            : store.search(collection, { vector, filter, limit }, { signal }),
        ),
      ),
    );
    const best = new Map<string, Hit>();
    for (const hit of answers.flat()) {
      const known = best.get(hit.id);
      if (!known) best.set(hit.id, hit);
      else {
        const similarity = Math.max(known.similarity, hit.similarity);
        const words = Math.max(known.words ?? 0, hit.words ?? 0);
        best.set(hit.id, { ...known, similarity, words, score: Math.max(known.score, hit.score) });
      }
    }
    return {
      hits: [...best.values()].sort((a, b) => b.score - a.score || b.similarity - a.similarity),
      exhausted: answers.every((hits) => {
        const last = hits.at(-1);
        const unlike = !isHybrid && last !== undefined && toDistance(last.similarity) < threshold;
        return hits.length < limit || unlike;
      }),
    };
  }

  /** Live, similar and new hits, and the number of hits that were stale or duplicates. */
  private async keep(
    index: VectorIndex,
    hits: readonly Hit[],
    { threshold }: Question,
  ): Promise<{ chunks: ScoredChunk[]; stale: number; repeated: number }> {
    const { activeIndex, chunks: live } = await this.repository.live(index.id, hits);
    if (activeIndex !== index.id) throw new IndexSwitchedError();
    const byId = new Map(hits.map((hit) => [hit.id, hit]));
    const texts = new Set<string>();
    const chunks: ScoredChunk[] = [];
    let repeated = 0;
    for (const chunk of live) {
      const { similarity, score, words }: Pick<Hit, 'similarity' | 'score' | 'words'> = byId.get(chunk.id) ?? {
        similarity: -1,
        score: 0,
      };
      if (toDistance(similarity) < threshold) continue;
      if (texts.has(chunk.hash)) repeated += 1;
      else chunks.push({ ...chunk, similarity, score, words });
      texts.add(chunk.hash);
    }
    return { chunks, stale: hits.length - live.length, repeated };
  }
}
