/** A file that this process ingests. */
export interface ClaimedFile {
  id: string;
  userId: string;
  name: string;
  contentType: string;
  size: number;
  blobKey: string;
  generation: number;
  /** The generation that searches find meanwhile; null while none is. */
  liveGeneration: number | null;
  /** The fence: every statement of this ingestion names it. */
  epoch: number;
  /** Chunks of this generation, when all are stored. */
  chunkCount: number | null;
  /** Attempts that ended badly since the last step that was finished. */
  attempts: number;
  /** It takes long, and is not to have a turn before the files of others. */
  slow: boolean;
  traceparent: string | null;
}

/** Which take of which file: what the fence is made of. */
export interface Fence {
  id: string;
  epoch: number;
}

/** The file is somebody else's now, was replaced, or is deleted: nothing more is to be done about it here. */
export class FileLostError extends Error {
  override readonly name = 'FileLostError';

  constructor() {
    super('the file belongs to another process, another content or nobody now');
  }
}

/** It takes long while files of others wait, and must wait until there is a place beside their turns. */
export class OutOfTurnError extends Error {
  override readonly name = 'OutOfTurnError';

  constructor() {
    super('the file takes long while files of other users wait');
  }
}

/** This process ends: another one goes on. */
export class HandOverError extends Error {
  override readonly name = 'HandOverError';

  constructor() {
    super('the process hands its work over');
  }
}
