/**
 * One chunk of a file in one scope. A file found in two scopes has two points for each of its chunks, so that a search
 * needs no join to know what it may see.
 */
export interface Point {
  /** A UUID made from scope, file, generation and ordinal (`pointId`): writing the same chunk twice keeps one point. */
  id: string;
  /** Where it can be found: the id of a knowledge base, or of the file itself when it is on its own. At most 128 characters. */
  scope: string;
  /** At most 128 characters. */
  fileId: string;
  /** 1, 2, …: raised by every replacement of the file's content. */
  generation: number;
  /** Position of the chunk in its file, from 0. */
  ordinal: number;
  /** As many finite numbers as the collection has dimensions. Its length is of no meaning: the measure is the cosine. */
  vector: Float32Array | readonly number[];
  /** For the keyword half only. A store keeps its words, not the text; it cannot be read back. May be empty. */
  text: string;
}

/** What a store tells of a point without its vector. */
export interface PointRef {
  id: string;
  scope: string;
  fileId: string;
  generation: number;
  ordinal: number;
}

/** All conditions must hold. A list matches any of its members; an empty list matches nothing (and never everything). */
export interface PointFilter {
  scopes?: readonly string[];
  fileIds?: readonly string[];
  /** Exactly this generation. */
  generation?: number;
  /** Only generations lower than this one. */
  generationBelow?: number;
}

/** What a search may see. The scopes are not optional: a search across everybody's documents does not compile. */
export type SearchFilter = PointFilter & { scopes: readonly string[] };

/** What is deleted. A filter that names neither scope nor file does not compile. */
export type DeleteFilter = PointFilter & ({ scopes: readonly string[] } | { fileIds: readonly string[] });

/** A point that a search found. */
export interface Hit extends PointRef {
  /** Cosine between the query's vector and the point's, −1 … 1, in dense and hybrid searches alike: what a threshold is held against. */
  similarity: number;
  /**
   * What the hits are ordered by, higher first. Dense: the similarity. Hybrid: the fused rank of both halves, 0 … 1, where
   * 1 is the first place in every half that has a weight.
   */
  score: number;
}

/** A search by meaning. */
export interface DenseQuery {
  vector: Float32Array | readonly number[];
  filter: SearchFilter;
  /** At most this many hits, 1 … 1,000. */
  limit: number;
}

/** A search by meaning and by words at once. */
export interface HybridQuery extends DenseQuery {
  /** The query's words; any of them may match, rare ones count more. Without a single word only the dense half answers. */
  text: string;
  /** 0: meaning only. 1: words only. 0.5: both alike. Between them, weighted reciprocal rank fusion. */
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

/** What a store can do. Callers ask this, never which store it is. */
export interface VectorStoreCapabilities {
  /** `searchHybrid` answers; without it, it throws `UNSUPPORTED`. */
  readonly hybrid: boolean;
  /** Processes on several hosts see the same points. Where false, all processes run on the host that holds the directory. */
  readonly sharedBetweenHosts: boolean;
}

export interface CallOptions {
  /** Aborting it ends the wait at once with `CANCELLED`; a write may still take effect. */
  signal?: AbortSignal;
}

/**
 * One vector store. All methods may be called at the same time and from several processes.
 * What `upsert` or `delete` has confirmed is seen by every search that starts afterwards, in every process, and survives
 * a `kill -9` of this process and of the store.
 * Every method throws {@link VectorStoreError} only.
 */
export interface VectorStore {
  readonly capabilities: VectorStoreCapabilities;
  /**
   * Makes the collection with its indexes when it is not there; two callers at once are fine.
   * @param name lower-case letters, digits and `_`, at most 40, a letter first
   * @throws VectorStoreError `WRONG_DIMENSION` when it exists with another dimension
   */
  ensureCollection(name: string, options: { dimension: number }, call?: CallOptions): Promise<void>;
  /** Removes the collection with all its points; one that is not there is fine. */
  dropCollection(name: string, call?: CallOptions): Promise<void>;
  /** Ours only: a server may hold collections of others. */
  listCollections(call?: CallOptions): Promise<CollectionInfo[]>;
  /**
   * Writes the points, replacing those of the same id. Any number: it is cut into batches. A batch is written whole or
   * not at all, the batches before a failure stay; the whole call may be repeated.
   * @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION`, `INVALID` (before anything is written)
   */
  upsert(collection: string, points: readonly Point[], call?: CallOptions): Promise<void>;
  /** Deletes what matches; nothing is fine. @throws VectorStoreError `NOT_FOUND` */
  delete(collection: string, filter: DeleteFilter, call?: CallOptions): Promise<void>;
  /** The nearest points by cosine, the best first. @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION` */
  search(collection: string, query: DenseQuery, call?: CallOptions): Promise<Hit[]>;
  /** Both halves are searched and fused in the store. @throws VectorStoreError `NOT_FOUND`, `WRONG_DIMENSION`, `UNSUPPORTED` */
  searchHybrid(collection: string, query: HybridQuery, call?: CallOptions): Promise<Hit[]>;
  /** How many points match; exact. @throws VectorStoreError `NOT_FOUND` */
  count(collection: string, filter?: PointFilter, call?: CallOptions): Promise<number>;
  /** Page by page in the order of the ids; points written or deleted meanwhile may or may not be seen. @throws VectorStoreError `NOT_FOUND` */
  scroll(collection: string, query: ScrollQuery, call?: CallOptions): Promise<ScrollPage>;
  /** Asks the store whether it answers. @throws VectorStoreError `UNAVAILABLE` */
  health(call?: CallOptions): Promise<void>;
  /** Waits for calls in flight a moment and closes connections; the store may not be used afterwards. */
  close(): Promise<void>;
}

/**
 * - `UNAVAILABLE`: the store does not answer, or was given up for a while; later the same call may work
 * - `NOT_FOUND`: there is no such collection
 * - `WRONG_DIMENSION`: a vector or collection has another number of dimensions
 * - `INVALID`: an argument is out of its bounds
 * - `UNSUPPORTED`: see {@link VectorStoreCapabilities}
 * - `CANCELLED`: the caller's signal
 * - `FAILED`: the store refused the request for another reason; repeating it will not help
 */
export type VectorStoreErrorCode =
  'UNAVAILABLE' | 'NOT_FOUND' | 'WRONG_DIMENSION' | 'INVALID' | 'UNSUPPORTED' | 'CANCELLED' | 'FAILED';
