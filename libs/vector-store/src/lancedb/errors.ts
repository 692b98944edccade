import { StoreUnavailableError, VectorStoreError } from '../errors';

/** Another process wrote first. Nothing was changed; the write may be retried. */
export function isConflict(error: unknown): boolean {
  return (
    error instanceof Error && /commit conflict|concurrent (writers|transaction)|already exists/i.test(error.message)
  );
}

/** Maps LanceDB's errors to ours. */
export function lanceError(error: unknown): VectorStoreError {
  if (error instanceof VectorStoreError) return error;
  if (isConflict(error)) {
    return new StoreUnavailableError('other processes write to the vector store without a pause', { cause: error });
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const message = error instanceof Error ? error.message : '';
  if (code !== undefined || /No space left|Permission denied|IO error|os error/i.test(message)) {
    return new StoreUnavailableError('the directory of the vector store cannot be used', { cause: error });
  }
  return new VectorStoreError('FAILED', 'LanceDB refused the request', { cause: error });
}
