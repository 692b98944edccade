import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from '../errors';

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const AWAY = new Set(['EIO', 'ESTALE', 'EHOSTDOWN', 'EMFILE', 'ENFILE', 'ETIMEDOUT', 'EBUSY', 'EAGAIN']);

/** Maps a failure of the file system to the contract's errors; other errors (of the source) are returned unchanged. */
export function translateFileError(error: unknown, key: string): Error {
  if (error instanceof BlobStoreError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A socket's ECONNRESET has a syscall too, but is none of these.
  if (code === undefined || syscall === undefined) return error as Error;
  if (code === 'ENOENT') return new BlobNotFoundError(key);
  if (DENIED.has(code))
    return new BlobStoreDeniedError(
      `The directory of the blobs can not be used (${code}): give the service's user read and write permission below DATA_DIR`,
    );
  if (FULL.has(code)) return new BlobStoreUnavailableError(`The disk of DATA_DIR is full (${code})`);
  if (AWAY.has(code)) return new BlobStoreUnavailableError(`The disk of DATA_DIR does not answer (${code})`);
  return error as Error;
}
