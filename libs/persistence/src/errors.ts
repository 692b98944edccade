import { CallError } from '@perennial/contracts-kernel';
import { NETWORK_ERROR_CODES } from '@perennial/runtime';

/** Retry-After in seconds; a restarted Postgres is back within a second or two. */
const RETRY_AFTER_S = 2;

const UNREACHABLE_CODES = new Set([
  ...NETWORK_ERROR_CODES,
  '53300', // too many connections
  '57P01', // terminated by an administrator
  '57P02', // another backend crashed
  '57P03', // starting up or shutting down
  '57P05', // idle session ended
  '25006', // read-only: this server is not the primary any more
  'ENOPRIMARY', // no server of several can be written to
]);

/** All connections of the pool were busy for too long; says nothing about the server. */
const POOL_EXHAUSTED = 'timeout exceeded when trying to connect';

const UNREACHABLE_TEXT =
  /connection terminated|connection ended|timeout expired|timeout exceeded when trying to connect|connection error and is not queryable|client was closed|query read timeout|cannot use a pool after calling end/i;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Whether the database could not be reached or the connection broke. What the statement did may then be unknown. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnreachable);
  const code = codeOf(error);
  if (code !== undefined && (UNREACHABLE_CODES.has(code) || /^08...$/.test(code))) return true;
  return error instanceof Error && UNREACHABLE_TEXT.test(error.message);
}

/** Whether a statement waited in vain for a connection of its pool to become free. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message === POOL_EXHAUSTED;
}

/** Serialization failure or deadlock: the transaction was rolled back and may be retried. */
export function isSerializationFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

/** A unique constraint (or the named one) refused the row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}

/** A foreign key (or the named one) refused the row. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23503') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}

/**
 * Errors that leave this library: connection failures as UNAVAILABLE (perhaps only of this process: `elsewhere`), statement time-outs as DEADLINE_EXCEEDED (both with the driver's error
 * as their cause), others unchanged, so that a repository can recognise a constraint.
 */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof CallError) return error;
  if (isUnreachable(error)) {
    return withCause(
      new CallError('UNAVAILABLE', 'The database cannot be reached. Try again shortly.', {
        retryAfter: RETRY_AFTER_S,
        // A replica whose pool is busy has work enough, and so have the others.
        elsewhere: isPoolExhausted(error) ? undefined : true,
      }),
      error,
    );
  }
  if (codeOf(error) === '57014') {
    return withCause(
      new CallError('DEADLINE_EXCEEDED', 'The database took too long. Try again shortly.', {
        retryAfter: RETRY_AFTER_S,
      }),
      error,
    );
  }
  return error;
}

function withCause(error: CallError, cause: unknown): CallError {
  error.cause = cause;
  return error;
}
