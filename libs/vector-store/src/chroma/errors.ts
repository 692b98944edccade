import { StoreUnavailableError, VectorStoreError } from '../errors';
import { unknownCollection } from '../store';

/** By the name: the client's errors carry no status. */
const is = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.some((name) => error.name === `Chroma${name}Error`);

export const isNotFound = (error: unknown): boolean => is(error, 'NotFound');

/** Another process created it first. */
export const isDuplicate = (error: unknown): boolean => is(error, 'Unique');

/** Maps errors of Chroma's client to ours. */
export function chromaError(error: unknown, collection?: string): VectorStoreError {
  if (error instanceof VectorStoreError) return error;
  if (isNotFound(error)) {
    return collection === undefined
      ? new VectorStoreError('FAILED', 'Chroma does not know the tenant or the database', { cause: error })
      : unknownCollection(collection, error);
  }
  if (is(error, 'Auth', 'Forbidden')) {
    return new StoreUnavailableError('Chroma refused the credentials', { cause: error });
  }
  if (is(error, 'Connection')) return new StoreUnavailableError('Chroma cannot be reached', { cause: error });
  if (is(error, 'Server', 'RateLimit')) return new StoreUnavailableError('Chroma failed', { cause: error });
  if (error instanceof Error && /dimension/i.test(error.message)) {
    return new VectorStoreError('WRONG_DIMENSION', 'Chroma refused a vector of another dimension', { cause: error });
  }
  return new VectorStoreError('FAILED', 'Chroma refused the request', { cause: error });
}
