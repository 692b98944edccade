import type { Words } from '@perennial/words';
import type { CollectionInfo, Hit, PointFilter, PointRef, VectorStoreCapabilities } from './types';

/** A point as a driver gets it: checked, its vector of length 1 (or all zeros), its text split into words. */
export interface StoredPoint extends PointRef {
  vector: Float32Array;
  words: Words;
}

/** A filter without empty lists: a filter that matches nothing never reaches a driver. */
export type CheckedFilter = PointFilter;

export interface DriverQuery {
  /** Of length 1, or all zeros. */
  vector: Float32Array;
  filter: CheckedFilter & { scopes: readonly string[] };
  limit: number;
}

export interface DriverWordQuery extends DriverQuery {
  /** Distinct, at least one. */
  words: readonly string[];
}

/** A point that has words of a query. */
export interface WordHit extends PointRef {
  /** The cosine, as of any hit. */
  similarity: number;
  /** Higher is better; comparable within one answer only. */
  score: number;
  /** The words of the query that the point has. */
  matched: readonly string[];
}

/** Facts about a driver that need neither it nor its client. */
export interface DriverFacts {
  /** OpenTelemetry's `db.system.name`; for spans and messages only. */
  readonly system: string;
  readonly capabilities: VectorStoreCapabilities;
  /** Points that one `write` or `vectors` takes at most. */
  readonly batchSize: number;
}

/**
 * The differences between stores. Arguments are checked before, time-outs and retries are added around it: every method is idempotent. Throws
 * `VectorStoreError`; an unreachable store is `UNAVAILABLE`.
 */
export interface Driver {
  ensure(name: string, dimension: number): Promise<void>;
  drop(name: string): Promise<void>;
  list(): Promise<CollectionInfo[]>;
  /** Undefined when there is no such collection. */
  describe(name: string): Promise<CollectionInfo | undefined>;
  /** Ids are distinct. A failed call may have written a part of them. */
  write(collection: string, points: readonly StoredPoint[]): Promise<void>;
  delete(collection: string, filter: CheckedFilter): Promise<void>;
  search(collection: string, query: DriverQuery): Promise<Hit[]>;
  /** The best points with any of the words, rare words first, the best first. */
  searchWords(collection: string, query: DriverWordQuery): Promise<WordHit[]>;
  count(collection: string, filter: CheckedFilter): Promise<number>;
  /** The points with an id above `after`, in the order of ids. */
  page(collection: string, filter: CheckedFilter, after: string | undefined, limit: number): Promise<PointRef[]>;
  /** The vectors of these points by id, without those that do not exist; at most `batchSize` ids. */
  vectors(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  health(): Promise<void>;
  close(): Promise<void>;
}

/** A store that searches by vectors only. */
export type DenseDriver = Omit<Driver, 'searchWords'>;
