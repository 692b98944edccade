import { raceAbort } from '@perennial/runtime';
import { indexWords, queryTerms } from './analysis/analysis';
import * as check from './checks';
import type { StoredPoint, WordHit } from './driver';
import { VectorStoreError } from './errors';
import { fuse, meaningCandidates, wordCandidates } from './fusion';
import type { ResilientDriver } from './resilience/resilient-driver';
import type {
  CallOptions,
  CollectionInfo,
  DeleteFilter,
  DenseQuery,
  Hit,
  HybridQuery,
  Point,
  PointFilter,
  ScrollPage,
  ScrollQuery,
  VectorStore,
} from './types';

const MAX_LIMIT = 1_000;
const MAX_PAGE = 10_000;
const UUID = /^[0-9a-f-]{36}$/;

/** The common part of all stores, in front of a driver: checks, batches, words, unit vectors, the caller's signal. */
export class CheckedStore implements VectorStore {
  /** Known dimensions; read again before a call is refused because of them. */
  private readonly dimensions = new Map<string, number>();

  constructor(private readonly driver: ResilientDriver) {}

  get capabilities() {
    return this.driver.capabilities;
  }

  async ensureCollection(name: string, { dimension }: { dimension: number }, call?: CallOptions): Promise<void> {
    check.checkName(name);
    check.checkDimension(dimension);
    await until(call, this.driver.ensure(name, dimension));
    const found = await until(call, this.describe(name));
    if (found !== dimension) throw wrongDimension(name, found, dimension);
  }

  async dropCollection(name: string, call?: CallOptions): Promise<void> {
    check.checkName(name);
    this.dimensions.delete(name);
    await until(call, this.driver.drop(name));
  }

  listCollections(call?: CallOptions): Promise<CollectionInfo[]> {
    return until(call, this.driver.list());
  }

  async upsert(collection: string, points: readonly Point[], call?: CallOptions): Promise<void> {
    check.checkName(collection);
    points.forEach(check.checkPoint);
    for (const dimension of new Set(points.map(({ vector }) => vector.length))) {
      await until(call, this.checkDimension(collection, dimension));
    }
    const vectors = points.map(({ vector }) => check.unitVector(vector));
    // The last one wins if an id occurs twice, as with two calls.
    const last = new Map(points.map(({ id }, index) => [id, index]));
    const distinct = [...last.values()];
    const { batchSize } = this.driver;
    for (let from = 0; from < distinct.length; from += batchSize) {
      const batch = distinct.slice(from, from + batchSize).flatMap((index): StoredPoint[] => {
        const [point, vector] = [points[index], vectors[index]];
        if (point === undefined || vector === undefined) return [];
        const { id, scope, fileId, generation, ordinal, text } = point;
        return [{ id, scope, fileId, generation, ordinal, vector, words: indexWords(text) }];
      });
      await until(call, this.known(collection, this.driver.write(collection, batch)));
    }
  }

  async delete(collection: string, filter: DeleteFilter, call?: CallOptions): Promise<void> {
    check.checkName(collection);
    check.checkFilter(filter);
    if (filter.scopes === undefined && filter.fileIds === undefined) {
      throw new VectorStoreError('INVALID', 'a deletion must name scopes or files');
    }
    if (check.matchesNothing(filter)) return;
    await until(call, this.known(collection, this.driver.delete(collection, filter)));
  }

  async search(collection: string, { vector, filter, limit }: DenseQuery, call?: CallOptions): Promise<Hit[]> {
    await this.checkQuery(collection, { vector, filter, limit }, call);
    if (check.matchesNothing(filter)) return [];
    const query = { vector: check.unitVector(vector), filter, limit };
    return until(call, this.known(collection, this.driver.search(collection, query)));
  }

  async searchHybrid(collection: string, query: HybridQuery, call?: CallOptions): Promise<Hit[]> {
    const { vector, filter, limit, text, keywordWeight } = query;
    if (!this.capabilities.hybrid) throw new VectorStoreError('UNSUPPORTED', 'this store has no hybrid search');
    if (!(keywordWeight >= 0 && keywordWeight <= 1)) {
      throw new VectorStoreError('INVALID', 'the weight of keywords must be from 0 to 1');
    }
    const terms = queryTerms(text);
    if (keywordWeight === 0 || terms.length === 0) return this.search(collection, query, call);
    await this.checkQuery(collection, query, call);
    if (check.matchesNothing(filter)) return [];
    const asked = { vector: check.unitVector(vector), filter };
    const near = { ...asked, limit: meaningCandidates(limit) };
    const worded = { ...asked, limit: wordCandidates(limit), words: terms.flat() };
    const [meaning, words] = await until(
      call,
      this.known(
        collection,
        keywordWeight === 1
          ? this.driver.searchWords(collection, worded).then((hits): [Hit[], WordHit[]] => [[], hits])
          : this.driver.searchBoth(collection, near, worded),
      ),
    );
    return fuse(meaning, words, terms, keywordWeight).slice(0, limit);
  }

  async count(collection: string, filter: PointFilter = {}, call?: CallOptions): Promise<number> {
    check.checkName(collection);
    check.checkFilter(filter);
    if (check.matchesNothing(filter)) return 0;
    return until(call, this.known(collection, this.driver.count(collection, filter)));
  }

  async scroll(collection: string, query: ScrollQuery, call?: CallOptions): Promise<ScrollPage> {
    const { filter = {}, cursor, limit } = query;
    check.checkName(collection);
    check.checkFilter(filter);
    check.checkInteger(limit, 1, MAX_PAGE, 'the limit');
    if (cursor !== undefined && !UUID.test(cursor)) throw new VectorStoreError('INVALID', 'this is no cursor');
    if (check.matchesNothing(filter)) return { points: [] };
    const points = await until(call, this.known(collection, this.driver.page(collection, filter, cursor, limit + 1)));
    if (points.length <= limit) return { points };
    const page = points.slice(0, limit);
    return { points: page, cursor: page.at(-1)?.id };
  }

  async vectors(collection: string, ids: readonly string[], call?: CallOptions): Promise<Map<string, Float32Array>> {
    check.checkName(collection);
    ids.forEach(check.checkId);
    const found = new Map<string, Float32Array>();
    const { batchSize } = this.driver;
    for (let from = 0; from < ids.length; from += batchSize) {
      const batch = this.driver.vectors(collection, ids.slice(from, from + batchSize));
      for (const [id, vector] of await until(call, this.known(collection, batch))) found.set(id, vector);
    }
    return found;
  }

  health(call?: CallOptions): Promise<void> {
    return until(call, this.driver.health());
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  private async checkQuery(collection: string, query: DenseQuery, call?: CallOptions): Promise<void> {
    check.checkName(collection);
    check.checkFilter(query.filter);
    check.checkInteger(query.limit, 1, MAX_LIMIT, 'the limit');
    await until(call, this.checkDimension(collection, query.vector.length));
  }

  private async checkDimension(collection: string, dimension: number): Promise<void> {
    if (this.dimensions.get(collection) === dimension) return;
    const found = await this.describe(collection);
    if (found === undefined) throw unknownCollection(collection);
    if (found !== dimension) throw wrongDimension(collection, found, dimension);
  }

  private async describe(collection: string): Promise<number | undefined> {
    const dimension = (await this.driver.describe(collection))?.dimension;
    if (dimension === undefined) this.dimensions.delete(collection);
    else this.dimensions.set(collection, dimension);
    return dimension;
  }

  /** Forgets the dimension of a collection that is gone. */
  private async known<T>(collection: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof VectorStoreError && error.code === 'NOT_FOUND') this.dimensions.delete(collection);
      throw error;
    }
  }
}

export function unknownCollection(name: string, cause?: unknown): VectorStoreError {
  return new VectorStoreError('NOT_FOUND', `there is no collection ${name}`, { cause });
}

function wrongDimension(name: string, has: number | undefined, given: number): VectorStoreError {
  return new VectorStoreError('WRONG_DIMENSION', `the collection ${name} has ${has} dimensions, not ${given}`);
}

/** Ends the caller's wait with its signal; the work itself continues. */
async function until<T>(call: CallOptions | undefined, work: Promise<T>): Promise<T> {
  const signal = call?.signal;
  try {
    return await raceAbort(work, signal);
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
    throw new VectorStoreError('CANCELLED', 'the caller gave up', { cause: error });
  }
}
