/**
 * Kind of failure, for programs:
 * - `TOO_LARGE`, `INTEGRITY`: the caller's bytes; a retry with the same bytes is useless
 * - `NOT_FOUND`, `RANGE`, `INVALID_KEY`: the caller's request
 * - `UNAVAILABLE`: the store is away, slow or full; retry later
 * - `DENIED`: wrong secret, missing bucket, missing permission; an operator has to act
 * - `KEY`: this blob is encrypted with a key that is missing or another one; an operator has to act, and others may be read
 */
export type BlobStoreErrorCode =
  'TOO_LARGE' | 'INTEGRITY' | 'NOT_FOUND' | 'RANGE' | 'INVALID_KEY' | 'UNAVAILABLE' | 'DENIED' | 'KEY';

/** Any failure of a blob store. The message says what to do and holds no secret. */
export abstract class BlobStoreError extends Error {
  abstract readonly code: BlobStoreErrorCode;
}

export class BlobTooLargeError extends BlobStoreError {
  override readonly name = 'BlobTooLargeError';
  readonly code = 'TOO_LARGE';

  /** @param maxBytes the limit */
  constructor(readonly maxBytes: number) {
    super(`More than the allowed ${maxBytes} bytes`);
  }
}

/** The size or the hash differs from the announced one: the bytes were damaged or cut in transit. */
export class BlobIntegrityError extends BlobStoreError {
  override readonly name = 'BlobIntegrityError';
  readonly code = 'INTEGRITY';
}

export class BlobNotFoundError extends BlobStoreError {
  override readonly name = 'BlobNotFoundError';
  readonly code = 'NOT_FOUND';

  constructor(readonly key: string) {
    super(`There is no blob ${key}`);
  }
}

export class RangeNotSatisfiableError extends BlobStoreError {
  override readonly name = 'RangeNotSatisfiableError';
  readonly code = 'RANGE';

  /** @param size bytes of the whole blob, for a `Content-Range` header */
  constructor(readonly size: number) {
    super(`The range lies outside of the ${size} bytes of the blob`);
  }
}

export class InvalidKeyError extends BlobStoreError {
  override readonly name = 'InvalidKeyError';
  readonly code = 'INVALID_KEY';

  constructor() {
    super('A blob key is one to sixteen segments of letters, digits, "_" and "-", joined by "/"');
  }
}

export class BlobStoreUnavailableError extends BlobStoreError {
  override readonly name = 'BlobStoreUnavailableError';
  readonly code = 'UNAVAILABLE';

  /** @param retryAfterS seconds that the store asks to wait */
  constructor(
    message: string,
    readonly retryAfterS?: number,
  ) {
    super(message);
  }
}

export class BlobStoreDeniedError extends BlobStoreError {
  override readonly name = 'BlobStoreDeniedError';
  readonly code = 'DENIED';
}

export class BlobKeyError extends BlobStoreError {
  override readonly name = 'BlobKeyError';
  readonly code = 'KEY';
}
