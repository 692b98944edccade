import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from '../errors';

/** A reply that is not what was asked for. */
export class GcsReplyError extends Error {
  override readonly name = 'GcsReplyError';

  /**
   * @param text the store's own words
   * @param retryAfterS of its `Retry-After`
   */
  constructor(
    readonly status: number,
    readonly text: string,
    readonly retryAfterS?: number,
  ) {
    super(`The store replied ${status}`);
  }
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof GcsReplyError)) return !(error instanceof BlobStoreError);
  return error.status === 408 || error.status === 429 || error.status >= 500;
}

/**
 * Maps a failed request to the contract's errors. The words of the store and of the connection are not shown.
 *
 * @param key of the missing blob; without it a 404 is the bucket's
 */
export function translateGcsError(error: unknown, key?: string): Error {
  if (error instanceof BlobStoreError) return error;
  if (!(error instanceof GcsReplyError)) {
    const { code, name } = error as { code?: unknown; name?: string };
    const reason = typeof code === 'string' ? code : name;
    return new BlobStoreUnavailableError(`Google Cloud Storage does not answer (${reason}): see GCS_ENDPOINT_URL`);
  }
  const { status, text, retryAfterS } = error;
  if (status === 404 && key !== undefined && !/bucket does not exist/i.test(text)) return new BlobNotFoundError(key);
  if (isTransient(error))
    return new BlobStoreUnavailableError(`Google Cloud Storage does not answer (${status})`, retryAfterS);
  return new BlobStoreDeniedError(
    `Google Cloud Storage refuses (${status}): ${REMEDIES[status] ?? 'see GCS_BUCKET_NAME'}`,
  );
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'it does not accept the credentials: set GOOGLE_APPLICATION_CREDENTIALS_JSON, and look whether the clock is right',
  403: 'give the service account the role Storage Object User on the bucket',
  404: 'the bucket does not exist: create it, or set GCS_BUCKET_NAME',
};
