/**
 * One chunk of a file in one scope. A file in two scopes has two points for each of its chunks, so that a search needs no join for access
 * control.
 */
export interface Point {
  /** A UUID made from scope, file, generation and ordinal (`pointId`): writing a chunk is idempotent. */
  id: string;
  /**
   * Where it can be found: the id of a knowledge base, or of the file itself if it stands alone. At most 128 characters.
   */
  scope: string;
  /** At most 128 characters. */
  fileId: string;
  /** 1, 2, …: raised by every replacement of the file's content. */
  generation: number;
  /** Position of the chunk in its file, from 0. */
  ordinal: number;
  /** As many finite numbers as the collection has dimensions. Its length does not matter: the measure is the cosine. */
  vector: Float32Array | readonly number[];
  /** For the keyword half only. A store keeps its words, not the text. May be empty. */
  text: string;
}

/** A point without its vector. */
export interface PointRef {
  id: string;
  scope: string;
  fileId: string;
  generation: number;
  ordinal: number;
}

/** All conditions must hold. A list matches any of its members; an empty list matches nothing (never everything). */
export interface PointFilter {
  scopes?: readonly string[];
  fileIds?: readonly string[];
  /** Exactly this generation. */
  generation?: number;
  /** Only generations lower than this one. */
  generationBelow?: number;
}

/** The scope of a search. `scopes` is required: a search across all users' documents does not compile. */
export type SearchFilter = PointFilter & { scopes: readonly string[] };

/** A deletion. A filter without scope and file does not compile. */
export type DeleteFilter = PointFilter & ({ scopes: readonly string[] } | { fileIds: readonly string[] });

/** A point that a search found. */
export interface Hit extends PointRef {
  /**
   * Cosine between the query's vector and the point's, −1 … 1, in dense and hybrid searches alike; thresholds apply to it.
   */
  similarity: number;
  /**
   * The order of the hits, higher first. Dense: the similarity. Hybrid: both halves combined, 0 … 1; comparable within one search only.
   */
  score: number;
  /** Hybrid: the share of the query's words that the point has, weighed by their rarity, 0 … 1. */
  words?: number;
}

/** A semantic search. */
export interface DenseQuery {
  vector: Float32Array | readonly number[];
  filter: SearchFilter;
  /** At most this many hits, 1 … 1,000. */
  limit: number;
}

/** A semantic and keyword search at once. */
export interface HybridQuery extends DenseQuery {
  /** The query's words; any of them may match, in any form, and rare ones count more. Without a word only the dense half is used. */
  text: string;
  /** 0: semantic only. 1: keywords only. 0.5: both equally. See `fusion.ts`. */
  keywordWeight: number;
}

/** Where a scroll begins and how far it goes. */
export interface ScrollQuery {
  filter?: PointFilter;
  /** From the page before; opaque, of this store and collection only. */
  cursor?: string;
  /** Page size, 1 … 10,000. */
  limit: number;
}

export interface ScrollPage {
  points: PointRef[];
  /** Undefined on the last page. */
  cursor?: string;
}

export interface CollectionInfo {
  name: string;
  dimension: number;
}

/** Capabilities of a store. Callers check these, never the store's name. */
export interface VectorStoreCapabilities {
  /** Without it `searchHybrid` throws `UNSUPPORTED`. */
  readonly hybrid: boolean;
  /** Processes on several hosts see the same points. If false, all processes run on the host with the directory. */
  readonly sharedBetweenHosts: boolean;
}

export interface CallOptions {
  /** Aborting it ends the wait at once with `CANCELLED`; a write may still take effect. */
  signal?: AbortSignal;
}

/**
 * One vector store. All methods may be called concurrently and from several processes. Confirmed writes are visible to every search that
 * starts afterwards, in every process, and survive a `kill -9` of this process and of the store. Every method throws {@link VectorStoreError}
 * only.
 */
export interface VectorStore {
  readonly capabilities: VectorStoreCapabilities;
  /**
   * Creates the collection with its indexes; idempotent, also for concurrent callers.
   *
   * @param name lower-case letters, digits and `_`, at most 40, a letter first
   * @throws VectorStoreError `WRONG_DIMENSION` when it exists with another dimension
   */
  ensureCollection(name: string, options: { dimension: number }, call?: CallOptions): Promise<void>;
  /** Removes the collection with all its points; idempotent. */
  dropCollection(name: string, call?: CallOptions): Promise<void>;
  /** Our collections only: a server may hold others. */
  listCollections(call?: CallOptions): Promise<CollectionInfo[]>;
  /**
   * Writes the points, replacing those of the same id. Any number: it is split into batches. What was written before a
   * failure stays, of the failed batch as well in some stores; the call is idempotent.
   *
   * @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION`, `INVALID` (before anything is written)
   */
  upsert(collection: string, points: readonly Point[], call?: CallOptions): Promise<void>;
  /**
   * Deletes matching points, possibly none.
   *
   * @throws VectorStoreError `NOT_FOUND`
   */
  delete(collection: string, filter: DeleteFilter, call?: CallOptions): Promise<void>;
  /** The nearest points by cosine, the best first. @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION` */
  search(collection: string, query: DenseQuery, call?: CallOptions): Promise<Hit[]>;
  /** Both halves are searched at once and combined. @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION`, `UNSUPPORTED` */
  searchHybrid(collection: string, query: HybridQuery, call?: CallOptions): Promise<Hit[]>;
  /** How many points match; exact. @throws VectorStoreError `NOT_FOUND` */
  count(collection: string, filter?: PointFilter, call?: CallOptions): Promise<number>;
  /** Page by page in the order of the ids; points written or deleted meanwhile may or may not be seen. @throws VectorStoreError `NOT_FOUND` */
  scroll(collection: string, query: ScrollQuery, call?: CallOptions): Promise<ScrollPage>;
  /**
   * The vectors of points by their ids, of length 1 (zeros stay zeros). Points that do not exist are left out.
   *
   * @throws VectorStoreError `NOT_FOUND`
   */
  vectors(collection: string, ids: readonly string[], call?: CallOptions): Promise<Map<string, Float32Array>>;
  /**
   * Checks that the store answers.
   *
   * @throws VectorStoreError `UNAVAILABLE`
   */
  health(call?: CallOptions): Promise<void>;
  /** Waits for calls in flight a moment and closes connections; the store may not be used afterwards. */
  close(): Promise<void>;
}

/**
 * - `UNAVAILABLE`: the store does not answer, or the circuit breaker is open; a retry may succeed
 * - `NOT_FOUND`: there is no such collection
 * - `WRONG_DIMENSION`: a vector or collection has another number of dimensions
 * - `INVALID`: an argument is out of its bounds
 * - `UNSUPPORTED`: see {@link VectorStoreCapabilities}
 * - `CANCELLED`: the caller's signal
 * - `FAILED`: the store refused the request for another reason; a retry will not help
 */
export type VectorStoreErrorCode =
  'UNAVAILABLE' | 'NOT_FOUND' | 'WRONG_DIMENSION' | 'INVALID' | 'UNSUPPORTED' | 'CANCELLED' | 'FAILED';
