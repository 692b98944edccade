import type { VectorStoreErrorCode } from './types';

/** The only error that a vector store throws. The message never contains document text, vectors or credentials. */
export class VectorStoreError extends Error {
  override readonly name: string = 'VectorStoreError';

  constructor(
    readonly code: VectorStoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The store does not answer, or is left alone for a while after it did not. */
export class StoreUnavailableError extends VectorStoreError {
  override readonly name = 'StoreUnavailableError';

  constructor(
    message: string,
    options?: { cause?: unknown; /** When to ask again, in milliseconds. */ retryAfterMs?: number },
  ) {
    super('UNAVAILABLE', message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }

  readonly retryAfterMs?: number;
}
