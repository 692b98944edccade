import type { CheckedFilter, DenseDriver, Driver, DriverQuery, DriverWordQuery, StoredPoint, WordHit } from '../driver';
import { dotProduct } from '../fusion';
import type { CollectionInfo, Hit, PointRef } from '../types';
import type { KeywordIndex } from './keyword-index';

/** Points whose vectors one request asks for. */
const BATCH = 100;

/**
 * A store without a search by words, and the words in Postgres beside it. The store is the truth: a point exists if the store has it.
 * Words are written after their points and deleted before them, so that whatever is interrupted leaves points without words, never words
 * without a point: the writer, or the removal, was not confirmed and is repeated. Words that a late write leaves behind all the same are not
 * found, and a scroll shows them to the sweep of orphans.
 */
export class WithKeywords implements Driver {
  constructor(
    private readonly points: DenseDriver,
    private readonly keywords: KeywordIndex,
  ) {}

  async ensure(name: string, dimension: number): Promise<void> {
    await this.points.ensure(name, dimension);
    await this.keywords.ensure(name);
  }

  async drop(name: string): Promise<void> {
    await this.keywords.drop(name);
    await this.points.drop(name);
  }

  /** A collection that has lost one of its halves is not there: it is made and filled again. */
  async list(): Promise<CollectionInfo[]> {
    const [collections, withWords] = await Promise.all([this.points.list(), this.keywords.list()]);
    return collections.filter(({ name }) => withWords.has(name));
  }

  describe(name: string): Promise<CollectionInfo | undefined> {
    return this.points.describe(name);
  }

  async write(collection: string, points: readonly StoredPoint[]): Promise<void> {
    await this.points.write(collection, points);
    await this.keywords.write(collection, points);
  }

  async delete(collection: string, filter: CheckedFilter): Promise<void> {
    await this.keywords.delete(collection, filter);
    await this.points.delete(collection, filter);
  }

  search(collection: string, query: DriverQuery): Promise<Hit[]> {
    return this.points.search(collection, query);
  }

  async searchWords(collection: string, query: DriverWordQuery): Promise<WordHit[]> {
    const found = await this.keywords.search(collection, query);
    if (found.length === 0) return [];
    const ids = found.map(({ id }) => id);
    const vectors = new Map<string, Float32Array>();
    for (let from = 0; from < ids.length; from += BATCH)
      for (const [id, vector] of await this.points.vectors(collection, ids.slice(from, from + BATCH)))
        vectors.set(id, vector);
    return found.flatMap((hit) => {
      const vector = vectors.get(hit.id);
      return vector ? [{ ...hit, similarity: dotProduct(query.vector, vector) }] : [];
    });
  }

  count(collection: string, filter: CheckedFilter): Promise<number> {
    return this.points.count(collection, filter);
  }

  async page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]> {
    const halves = await Promise.all([
      this.points.page(collection, filter, after, limit),
      this.keywords.page(collection, filter, after, limit),
    ]);
    const all = new Map(halves.flat().map((ref) => [ref.id, ref]));
    return [...all.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  vectors(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.points.vectors(collection, ids);
  }

  async health(): Promise<void> {
    await Promise.all([this.points.health(), this.keywords.health()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.points.close(), this.keywords.close()]);
  }
}
