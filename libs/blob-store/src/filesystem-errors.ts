import { BlobNotFoundError, BlobStoreDeniedError, BlobStoreError, BlobStoreUnavailableError } from './errors';

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const AWAY = new Set(['EIO', 'ESTALE', 'EHOSTDOWN', 'EMFILE', 'ENFILE', 'ETIMEDOUT', 'EBUSY', 'EAGAIN']);

/** A failure of the file system in the words of the contract; what is none of its failures (the source's own error) stays as it is. */
export function translateFileError(error: unknown, key: string): Error {
  if (error instanceof BlobStoreError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A socket's ECONNRESET has a syscall as well, but is in none of these.
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
