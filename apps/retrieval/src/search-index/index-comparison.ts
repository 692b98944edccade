import { Inject, Injectable } from '@nestjs/common';
import type { IndexComparisonReport } from '@perennial/contracts-retrieval';
import { ConcurrencyLimiter } from '@perennial/runtime';
import { type Hit, pointId, type VectorStore, VectorStores } from '@perennial/vector-store';
import { VECTOR_STORES } from '../stores/tokens';
import type { VectorIndex } from './index-catalog';
import { type IndexedPlace, MovesRepository, type SampledPoint } from './moves.repository';
import { failureOf } from './stored-vectors';

/** Placements whose points are counted together. */
const PLACES = 200;
/** Points in one page of a count. */
const PAGE = 5_000;
/** Points whose vectors are compared, and which are searched for in both stores. */
const SAMPLES = 100;
/** Searches that are compared at once. */
const SEARCHES_AT_ONCE = 4;
/** Hits of a search that is compared. */
const HITS = 10;
/** Vectors of one text, from two stores, are at least so similar. */
const EQUAL = 0.999;
/** Similarities of different points that are as good as each other: equal texts have one vector. */
const TIE = 1e-4;

/** Compares an index in one vector store with the one in another that is to replace it. Reads only, apart from records of missing points. */
@Injectable()
export class IndexComparison {
  constructor(
    private readonly repository: MovesRepository,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
  ) {}

  /**
   * Counts the points of every file in the store. A file of which some are missing is no longer recorded, so that the filler writes it again.
   *
   * @throws VectorStoreError, or the signal's reason
   */
  async count(index: VectorIndex, signal: AbortSignal): Promise<{ points: number; incomplete: number }> {
    const store = this.stores.at(null, index.store);
    let [points, incomplete] = [0, 0];
    let last: IndexedPlace | undefined;
    for (;;) {
      signal.throwIfAborted();
      const places = await this.repository.indexedAfter(index.id, last, { ...this.installation(), limit: PLACES });
      if (places.length === 0) return { points, incomplete };
      const counts = await countByPlace(store, index.collection, places, signal);
      const short = places.filter((place) => (counts.get(keyOf(place)) ?? 0) < place.chunks);
      if (short.length > 0) incomplete += await this.repository.unrecord(index.id, short);
      for (const place of places) points += counts.get(keyOf(place)) ?? 0;
      last = places.at(-1);
    }
  }

  /**
   * Compares vectors of some points, and what a search for each of them finds in both stores, in the scopes of all of them.
   *
   * @throws VectorStoreError of the new store, CallError when the present one fails, or the signal's reason
   */
  async sample(
    from: VectorIndex,
    to: VectorIndex,
    signal: AbortSignal,
  ): Promise<Omit<IndexComparisonReport, 'points'>> {
    const sampled = await this.repository.sample([from.id, to.id], { ...this.installation(), limit: SAMPLES });
    const ids = sampled.map((point) => pointId(point));
    const [old, next] = [this.stores.at(null, from.store), this.stores.at(null, to.store)];
    const present = <T>(answer: Promise<T>): Promise<T> =>
      answer.catch((error: unknown) => {
        throw failureOf(from.store, error);
      });
    const [vectors, others] = await Promise.all([
      present(old.vectors(from.collection, ids, { signal })),
      next.vectors(to.collection, ids, { signal }),
    ]);
    const scopes = [...new Set(sampled.map(({ scope }) => scope))];
    const equal = [...vectors].filter(([id, vector]) => isSame(vector, others.get(id))).length;
    // Another model's vectors would be searched for in vain.
    const searched = from.model === to.model ? [...vectors.values()] : [];
    let [wanted, found] = [0, 0];
    // Some at once: a store may let each search wait for its next tick.
    await new ConcurrencyLimiter(SEARCHES_AT_ONCE).map(searched, async (vector) => {
      const query = { vector, filter: { scopes }, limit: HITS };
      const [hits, answer] = await Promise.all([
        present(old.search(from.collection, query, { signal })),
        next.search(to.collection, query, { signal }),
      ]);
      wanted += hits.length;
      found += foundOf(hits, answer);
    });
    return { samples: vectors.size, equal, searches: searched.length, recall: wanted === 0 ? 1 : found / wanted };
  }

  /** Files of placements with stores of their own are not moved. */
  private installation(): { separate: readonly string[] } {
    return { separate: [...this.stores.separate.keys()] };
  }
}

async function countByPlace(
  store: VectorStore,
  collection: string,
  places: readonly IndexedPlace[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const filter = { fileIds: [...new Set(places.map(({ fileId }) => fileId))] };
  let cursor: string | undefined;
  do {
    const page = await store.scroll(collection, { filter, cursor, limit: PAGE }, { signal });
    for (const point of page.points) counts.set(keyOf(point), (counts.get(keyOf(point)) ?? 0) + 1);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return counts;
}

function keyOf({ scope, fileId, generation }: Pick<SampledPoint, 'scope' | 'fileId' | 'generation'>): string {
  return `${scope} ${fileId} ${generation}`;
}

function isSame(one: Float32Array, other: Float32Array | undefined): boolean {
  if (one.length !== other?.length) return false;
  const product = one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  return product >= EQUAL || one.every((value, at) => value === other[at]);
}

/** How many of these hits another answer to the same question has, or has something as good for. */
export function foundOf(hits: readonly Hit[], answer: readonly Hit[]): number {
  const ids = new Set(answer.map(({ id }) => id));
  const worst = answer.length < hits.length ? -Infinity : (answer.at(-1)?.similarity ?? -Infinity);
  return hits.filter(({ id, similarity }) => ids.has(id) || similarity <= worst + TIE).length;
}
