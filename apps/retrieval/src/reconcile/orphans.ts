/** What was found that nothing refers to, or that was half removed. Each is a count. */
export interface OrphanReport {
  /** Bytes in the blob store without a file. */
  blobs: number;
  /** Points in the vector store of files that are deleted, replaced, or not placed there. */
  points: number;
  /** Collections in the vector store that no index is in. Only ever removed by the command: another installation may share the server. */
  collections: number;
  /** Chunks of generations that are neither found nor being made. */
  chunks: number;
  /** Files that are deleted and whose removal nobody has in hand. */
  deletedFiles: number;
  /** The same of knowledge bases. */
  deletedBases: number;
  /** Places of files in bases that are not there. */
  placements: number;
  /** Files that are placed nowhere; they are found on their own again. */
  homelessFiles: number;
}

export interface SweepOptions {
  /** Repairs what is found. */
  repair: boolean;
  /** Also collections that no index is in. */
  collections?: boolean;
  signal?: AbortSignal;
}

/** A file's points in a scope, of one generation. */
export interface PointGroup {
  scope: string;
  fileId: string;
  generation: number;
}
