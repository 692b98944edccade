import { StoreUnavailableError, VectorStoreError } from '../errors';
import { unknownCollection } from '../store';

/** The status that Milvus answers with; the client returns most of them and throws some. */
export interface MilvusStatus {
  error_code: string | number;
  code?: number;
  reason: string;
}

/** An answer that is a refusal. */
export class MilvusRefusal extends Error {
  constructor(readonly status: MilvusStatus) {
    super(status.reason);
  }
}

const COLLECTION_NOT_FOUND = 100;
/** gRPC's. */
const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** @throws MilvusRefusal */
export function accepted<T extends { status: MilvusStatus } | MilvusStatus>(answer: T): T {
  const status = ('status' in answer ? answer.status : answer) as MilvusStatus;
  if (status.error_code !== 'Success' && status.error_code !== 0) throw new MilvusRefusal(status);
  return answer;
}

export function isUnknownCollection(error: unknown): boolean {
  return error instanceof MilvusRefusal && error.status.code === COLLECTION_NOT_FOUND;
}

/** Maps errors of Milvus's client to ours. */
export function milvusError(error: unknown, collection?: string): VectorStoreError {
  if (error instanceof VectorStoreError) return error;
  if (isUnknownCollection(error) && collection !== undefined) return unknownCollection(collection, error);
  if (error instanceof MilvusRefusal) return refusal(error);
  const { code } = (error ?? {}) as { code?: number };
  if (code === UNAUTHENTICATED || code === PERMISSION_DENIED) {
    return new StoreUnavailableError('Milvus refused the token', { cause: error });
  }
  if (typeof code === 'number') {
    const timedOut = code === DEADLINE_EXCEEDED;
    return new StoreUnavailableError(timedOut ? 'Milvus did not answer in time' : 'Milvus cannot be reached', {
      cause: error,
      timedOut,
    });
  }
  return new VectorStoreError('FAILED', 'the client of Milvus refused the request', { cause: error });
}

/**
 * Milvus numbers its errors by part: below 100 the service itself (not ready, limits), 101 to 103 a collection that is being loaded, 200 to
 * 999 partitions, replicas, channels, segments and nodes that are on their way, above them what the request itself is wrong about.
 */
function refusal(error: MilvusRefusal): VectorStoreError {
  const { code = 0, reason } = error.status;
  if (/\bdim(ension)?\b/i.test(reason)) {
    return new VectorStoreError('WRONG_DIMENSION', 'Milvus refused a vector of another dimension', { cause: error });
  }
  if (code === 800) return new VectorStoreError('FAILED', 'Milvus does not know the database', { cause: error });
  if (code < 1_000) return new StoreUnavailableError(`Milvus cannot serve now (code ${code})`, { cause: error });
  return new VectorStoreError('FAILED', `Milvus refused the request (code ${code})`, { cause: error });
}
