import { BlobStoreError } from '@perennial/blob-store';
import type { Runtime } from '@perennial/runtime';
import { Problem } from '../../problem';

/** Injection token of the store that holds the bytes of files. */
export const BLOB_STORE = Symbol('BLOB_STORE');

/** Seconds after which a store that was away is worth asking again. */
const AWAY_S = 5;
/** Somebody has to change the configuration first. */
const DENIED_S = 60;
const MIB = 1_048_576;

/** What a failure of the store is for the caller; what is none stays as it is. What an operator has to mend is logged. */
export function problemOfStore(error: unknown, runtime: Runtime, tooLarge?: () => Problem): unknown {
  if (!(error instanceof BlobStoreError)) return error;
  const log = runtime.logger('files');
  switch (error.code) {
    case 'TOO_LARGE':
      return tooLarge?.() ?? error;
    case 'UNAVAILABLE':
      log.warn({ err: error }, 'the file store is away');
      return new Problem(503, 'Files cannot be stored or read at the moment. Try again soon.', retry(AWAY_S));
    case 'DENIED':
      log.error({ err: error }, 'the file store refuses us');
      return new Problem(503, 'The file store is not set up correctly. Tell an administrator.', retry(DENIED_S));
    case 'NOT_FOUND':
      return new Problem(404, 'The content of this file is not there any more.');
    case 'INTEGRITY':
    case 'RANGE':
    case 'INVALID_KEY':
      return error;
  }
}

export function fileTooLarge(maxBytes: number): Problem {
  const size = maxBytes >= MIB ? `${Math.floor(maxBytes / MIB)} MB` : `${maxBytes} bytes`;
  return new Problem(413, `The file is too large: at most ${size} are allowed.`);
}

function retry(seconds: number): Record<string, string> {
  return { 'retry-after': String(seconds) };
}
