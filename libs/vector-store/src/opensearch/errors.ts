import { StoreUnavailableError, VectorStoreError } from '../errors';
import { unknownCollection } from '../store';

/** What OpenSearch says about a request, or about one part of it, that it refused. */
interface ErrorBody {
  type?: string;
  reason?: string;
}

/** An answer that is a refusal. */
export class OpenSearchRefusal extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    /** All that it said: the cause is often the innermost. */
    readonly said: string,
  ) {
    super(`HTTP ${status}${type === '' ? '' : ` ${type}`}`);
  }

  /** @param error the `error` of an answer or of an item; some proxies answer with none */
  static of(status: number, error: unknown): OpenSearchRefusal {
    const { type } = (typeof error === 'object' && error !== null ? error : {}) as ErrorBody;
    return new OpenSearchRefusal(status, type ?? '', JSON.stringify(error ?? ''));
  }
}

/** Of an index that does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof OpenSearchRefusal && error.status === 404 && error.type === 'index_not_found_exception';
}

/** Another process created it first. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof OpenSearchRefusal && error.type === 'resource_already_exists_exception';
}

/** Maps refusals and failed connections to our errors. */
export function openSearchError(error: unknown, collection?: string): VectorStoreError {
  if (error instanceof VectorStoreError) return error;
  if (collection !== undefined && isNotFound(error)) return unknownCollection(collection, error);
  return error instanceof OpenSearchRefusal ? refusal(error) : brokenConnection(error);
}

function refusal(error: OpenSearchRefusal): VectorStoreError {
  const { status, type, said } = error;
  if (status === 400 && /dimension/i.test(said)) {
    return new VectorStoreError('WRONG_DIMENSION', 'OpenSearch refused a vector of another dimension', {
      cause: error,
    });
  }
  // The same status as for missing rights. OpenSearch lifts the block once there is room again.
  if (type === 'cluster_block_exception') {
    return new StoreUnavailableError('OpenSearch accepts no writes now: its disk may be nearly full', { cause: error });
  }
  if (status === 401 || status === 403) {
    return new StoreUnavailableError(`OpenSearch refused the credentials (HTTP ${status})`, { cause: error });
  }
  if (status >= 500 || status === 429 || status === 408) {
    const timedOut = status === 408 || status === 504;
    return new StoreUnavailableError(`OpenSearch failed (${error.message})`, { cause: error, timedOut });
  }
  return new VectorStoreError('FAILED', `OpenSearch refused the request (${error.message})`, { cause: error });
}

function brokenConnection(error: unknown): StoreUnavailableError {
  const { name = '', code = '' } = (error ?? {}) as { name?: string; code?: string };
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new StoreUnavailableError(`the certificate of OpenSearch is not trusted (${code})`, { cause: error });
  }
  const timedOut = /Timeout|Abort/.test(name);
  return new StoreUnavailableError(timedOut ? 'OpenSearch did not answer in time' : 'OpenSearch cannot be reached', {
    cause: error,
    timedOut,
  });
}
