import type { KnowledgeSource, SourceConfig, SourceDocumentState } from '@perennial/contracts-retrieval';
import type { Fence } from '@perennial/work';

/** Why a sync failed, for the people of the base. */
export interface SourceProblem {
  code: string;
  message: string;
}

/** The fence of a sync: every statement names it. */
export interface SourceClaim extends Fence {
  /** The incarnation of the process. */
  owner: string;
  run: number;
}

/** A source that this process reads. */
export interface ClaimedSource extends SourceClaim {
  baseId: string;
  userId: string;
  /** Of the base: where its files go. */
  residence: string | null;
  config: SourceConfig;
  /** Of a private repository. */
  sealedToken: string | null;
  /** Owners that died since a document was last completed. */
  deaths: number;
  /** Failed syncs and pauses since something succeeded. */
  tries: number;
}

/** Why a document has no file of its own, although it can be read. */
export type LeftOut = 'skipped' | 'duplicate';

/** A document that waits to be read in a sync. */
export interface WaitingDocument {
  address: string;
  listing: boolean;
  depth: number;
  etag: string | null;
  lastModified: string | null;
  /** Its file, if that is in the base; what was known of its content does not count without it. */
  fileId: string | null;
  /** What became of it in the sync before, with the reason. */
  state: SourceDocumentState;
  message: string | null;
  /** It was left out as a duplicate, and the base still has the file of a document of this source with the same ETag. */
  hasTwin: boolean;
}

/** A document that a sync has found. */
export interface FoundDocument {
  address: string;
  listing: boolean;
  depth: number;
}

/** What a sync has found out about a document. */
export interface DocumentOutcome {
  state: Exclude<SourceDocumentState, 'waiting'>;
  message?: string | null;
  /** Undefined: as before. */
  /** Of a document that is left out: the version of it; without it, and of others, as before. */
  leftOut?: string;
  content?: { fileId: string; etag: string | null; lastModified: string | null };
}

/** The row of a source, as its people see it. */
export type SourceRow = KnowledgeSource;
