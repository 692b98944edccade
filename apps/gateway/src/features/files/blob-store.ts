import { BlobStoreError, BlobStoreUnavailableError } from '@perennial/blob-store';
import type { Runtime } from '@perennial/runtime';
import { Problem } from '../../problem';

/** Injection token of the blob store for files. */
export const BLOB_STORE = Symbol('BLOB_STORE');

/** Retry-After in seconds while the store is away. */
const AWAY_S = 5;
/** Retry-After in seconds until an operator has corrected the configuration. */
const DENIED_S = 60;
const MIB = 1_048_576;

/**
 * The problem of a store's failure; other errors are returned unchanged. Failures that an operator must fix are logged.
 */
export function problemOfStore(error: unknown, runtime: Runtime, tooLarge?: () => Problem): unknown {
  if (!(error instanceof BlobStoreError)) return error;
  const log = runtime.logger('files');
  switch (error.code) {
    case 'TOO_LARGE':
      return tooLarge?.() ?? error;
    case 'UNAVAILABLE':
      log.warn({ err: error }, 'blob store unavailable');
      return new Problem(
        503,
        'Files cannot be stored or read at the moment. Try again soon.',
        retry(secondsAway(error)),
      ).as('file_store_unavailable');
    case 'DENIED':
    case 'KEY':
      log.error({ err: error }, 'blob store denied access');
      return new Problem(503, 'The file store is not set up correctly. Tell an administrator.', retry(DENIED_S)).as(
        'file_store_unavailable',
      );
    case 'NOT_FOUND':
      return new Problem(404, 'The content of this file is not there any more.').as('file_content_gone');
    case 'INTEGRITY':
    case 'RANGE':
    case 'INVALID_KEY':
      return error;
  }
}

export function fileTooLarge(maxBytes: number): Problem {
  const size = maxBytes >= MIB ? `${Math.floor(maxBytes / MIB)} MB` : `${maxBytes} bytes`;
  return new Problem(413, `The file is too large: at most ${size} are allowed.`).as('file_too_large');
}

/** What the store asks for, but no longer than an operator would need. */
function secondsAway(error: BlobStoreError): number {
  const asked = error instanceof BlobStoreUnavailableError ? error.retryAfterS : undefined;
  return Math.min(DENIED_S, Math.max(1, asked ?? AWAY_S));
}

function retry(seconds: number): Record<string, string> {
  return { 'retry-after': String(seconds) };
}
