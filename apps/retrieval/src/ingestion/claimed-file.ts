import type { Fence } from '@perennial/work';

/** The fence of a file's ingestion: every statement names it. */
export interface FileClaim extends Fence {
  /** The incarnation of the process. */
  owner: string;
}

/** A file that this process ingests. */
export interface ClaimedFile extends FileClaim {
  userId: string;
  name: string;
  contentType: string;
  size: number;
  blobKey: string;
  residence: string | null;
  generation: number;
  /** The generation that searches find meanwhile; null if none. */
  liveGeneration: number | null;
  /** Number of chunks of this generation, once all are stored. */
  chunkCount: number | null;
  /** Seconds since the server that reads it first was away and may have been ended by it; null: it was not. */
  unansweredS: number | null;
  /** Failed attempts since the last finished step. */
  attempts: number;
  /** It is slow, and must not precede the files of others. */
  slow: boolean;
  traceparent: string | null;
}

/** The file is slow while files of others wait, and must wait for the slow lane. */
export class OutOfTurnError extends Error {
  override readonly name = 'OutOfTurnError';

  constructor() {
    super('the file is slow while files of other users wait');
  }
}
