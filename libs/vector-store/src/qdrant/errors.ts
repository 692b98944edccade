import { StoreUnavailableError, VectorStoreError } from '../errors';
import { unknownCollection } from '../store';

interface QdrantFailure {
  status?: number;
  data?: { status?: { error?: string } };
}

/** Maps errors of Qdrant's client to ours. */
export function qdrantError(error: unknown, collection?: string): VectorStoreError {
  const { status, data } = (error ?? {}) as QdrantFailure;
  const name = error instanceof Error ? error.name : '';
  if (typeof status === 'number') {
    const said = data?.status?.error ?? '';
    if (status === 404 && collection !== undefined) return unknownCollection(collection, error);
    if (status === 400 && /dimension/i.test(said)) {
      return new VectorStoreError('WRONG_DIMENSION', 'Qdrant refused a vector of another dimension', { cause: error });
    }
    if (status === 401 || status === 403) {
      return new StoreUnavailableError(`Qdrant refused the API key (HTTP ${status})`, { cause: error });
    }
    if (status >= 500 || status === 429) {
      const timedOut = status === 504 || /timeout|timed out/i.test(said);
      return new StoreUnavailableError(`Qdrant failed (HTTP ${status})`, { cause: error, timedOut });
    }
    return new VectorStoreError('FAILED', `Qdrant refused the request (HTTP ${status})`, { cause: error });
  }
  const timedOut = /Timeout/.test(name) || (error as { name?: string } | undefined)?.name === 'AbortError';
  return new StoreUnavailableError(timedOut ? 'Qdrant did not answer in time' : 'Qdrant cannot be reached', {
    cause: error,
    timedOut,
  });
}
