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

export interface UnavailableOptions {
  cause?: unknown;
  /** It was asked and said nothing in time: what it was asked may still happen, and asking again adds to its load. */
  timedOut?: boolean;
  retryAfterMs?: number;
}

/** The store does not answer, or is left alone for a while after it did not. */
export class StoreUnavailableError extends VectorStoreError {
  override readonly name = 'StoreUnavailableError';
  readonly timedOut: boolean;
  /** When to ask again, in milliseconds; set while the store is left alone. */
  readonly retryAfterMs?: number;

  constructor(message: string, options: UnavailableOptions = {}) {
    super('UNAVAILABLE', message, { cause: options.cause });
    this.timedOut = options.timedOut ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
