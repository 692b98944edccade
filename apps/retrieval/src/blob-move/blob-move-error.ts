/** A move of files cannot go on. The message says what happened and what to do. */
export class BlobMoveError extends Error {
  override readonly name = 'BlobMoveError';
}
