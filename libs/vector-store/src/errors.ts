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
  /** The store did not answer in time: the request may still take effect, and a retry would add to its load. */
  timedOut?: boolean;
  retryAfterMs?: number;
  /** Only this process does not know the store. */
  isUndeclared?: boolean;
}

/** The store does not answer, or the circuit breaker is open. */
export class StoreUnavailableError extends VectorStoreError {
  override readonly name = 'StoreUnavailableError';
  readonly timedOut: boolean;
  readonly isUndeclared: boolean;
  /** When to retry, in milliseconds; set while the circuit breaker is open. */
  readonly retryAfterMs?: number;

  constructor(message: string, options: UnavailableOptions = {}) {
    super('UNAVAILABLE', message, { cause: options.cause });
    this.timedOut = options.timedOut ?? false;
    this.isUndeclared = options.isUndeclared ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
