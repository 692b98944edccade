import type { BlobStoreError } from '@perennial/blob-store';
import type { VectorStoreError } from '@perennial/vector-store';

/** Counts of orphans and of incomplete removals. */
export interface OrphanReport {
  /** Bytes in the blob store without a file. */
  blobs: number;
  /** Points in the vector store of files that are deleted, replaced, or not placed there. */
  points: number;
  /**
   * Collections in the vector store without an index. Only removed by the command: another installation may share the server.
   */
  collections: number;
  /** Chunks of generations that are neither live nor being ingested. */
  chunks: number;
  /** Deleted files without a removal. */
  deletedFiles: number;
  /** The same for knowledge bases. */
  deletedBases: number;
  /** Placements in bases that do not exist. */
  placements: number;
  /** Files without a placement; they become files on their own again. */
  homelessFiles: number;
}

export interface SweepOptions {
  /** Repairs what it finds. */
  repair: boolean;
  /** Includes collections without an index. */
  collections?: boolean;
  signal?: AbortSignal;
  /** Called with the name of a store that failed, which is then left out. Without it the error ends the sweep. */
  onAway?: (store: string, error: BlobStoreError | VectorStoreError) => void;
}

/** A file's points in a scope, of one generation. */
export interface PointGroup {
  scope: string;
  fileId: string;
  generation: number;
}
