import { StoreUnavailableError, VectorStoreError } from '../errors';
import { unknownCollection } from '../store';

/** SQLSTATEs after which a retry may succeed: connection, resources, shutdown, a standby, deadlock, rejected login. */
const LATER = /^(08|53|57P|25006|40|28)/;

/** Maps errors of Postgres and its client to ours. */
export function postgresError(error: unknown, collection?: string): VectorStoreError {
  if (error instanceof VectorStoreError) return error;
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string };
  if (!/^[0-9A-Z]{5}$/.test(code) || code === 'EPIPE') {
    const timedOut = /Query read timeout/i.test(message);
    return new StoreUnavailableError(
      timedOut ? 'the vector database did not answer in time' : 'the vector database cannot be reached',
      { cause: error, timedOut },
    );
  }
  if ((code === '42P01' || code === '3F000') && collection !== undefined) return unknownCollection(collection, error);
  if (code === '57014') {
    return new StoreUnavailableError('a statement took too long in the vector database', {
      cause: error,
      timedOut: true,
    });
  }
  if (LATER.test(code)) {
    return new StoreUnavailableError(`the vector database cannot serve now (SQLSTATE ${code})`, { cause: error });
  }
  if (code === '22000' && /dimensions/.test(message)) {
    return new VectorStoreError('WRONG_DIMENSION', 'Postgres refused a vector of another dimension', { cause: error });
  }
  return new VectorStoreError('FAILED', `the vector database refused a statement (SQLSTATE ${code})`, { cause: error });
}
