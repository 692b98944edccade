import { CallError } from '@perennial/contracts-kernel';
import type { DegradedSchema } from '@perennial/contracts-retrieval';
import { StoreUnavailableError, VectorStoreError } from '@perennial/vector-store';
import type { z } from 'zod';
import { EmbeddingError } from '../embedding/embedding-error';

export type Degraded = z.infer<typeof DegradedSchema>;

/** Retry-After in seconds, if none is known. */
const RETRY_AFTER_S = 5;

/**
 * The unavailable part of the search, if that is why it failed; undefined for the caller's own deadline and for our bugs.
 */
export function degradedBy(error: unknown): Degraded | undefined {
  if (error instanceof EmbeddingError) {
    return {
      reason: 'embedder',
      message: 'The documents could not be searched: the embedding model does not answer as it should.',
    };
  }
  if (error instanceof VectorStoreError && (error.code === 'UNAVAILABLE' || error.code === 'NOT_FOUND')) {
    return {
      reason: 'vector_store',
      message: 'The documents could not be searched: the vector store does not answer.',
    };
  }
  return undefined;
}

/** The same as the error of a call; another replica is asked when only this one does not know the store. */
export function unavailable(error: unknown, { reason, message }: Degraded): CallError {
  const isOnlyHere = error instanceof StoreUnavailableError && error.isUndeclared;
  return new CallError('UNAVAILABLE', message, {
    ...{ reason, retryAfter: retryAfterOf(error) },
    ...(isOnlyHere ? { elsewhere: true } : {}),
  });
}

function retryAfterOf(error: unknown): number {
  if (error instanceof EmbeddingError) return Math.ceil(error.retryAfter ?? RETRY_AFTER_S);
  if (error instanceof StoreUnavailableError && error.retryAfterMs !== undefined)
    return Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
  return RETRY_AFTER_S;
}
