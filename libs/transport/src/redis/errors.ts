import { CallError } from '@perennial/contracts-kernel';

/** Error replies for temporary states, after which a retry may succeed. */
const NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|NOREPLICAS|MISCONF)\b/;

const CONNECTION_ERRORS = new Set(['MaxRetriesPerRequestError', 'AbortError', 'ClusterAllFailedError']);
const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);
const NOT_WRITTEN = "Stream isn't writeable";
const CLOSED = 'Connection is closed.';

/** True when Redis was away or refused for now: the same command may succeed later. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isNotWritten(error) || error.message === CLOSED) return true;
  if (error.name === 'AbortError') return error.message.includes('connection close');
  if (CONNECTION_ERRORS.has(error.name)) return true;
  if (error.name === 'ReplyError') return NOT_NOW.test(error.message) || isRedisFull(error);
  return 'syscall' in error && 'code' in error && CONNECTION_CODES.has(String(error.code)) && 'command' in error;
}

/** True when Redis refused because its memory is full (`maxmemory`, `noeviction`). Pub/Sub still works. */
export function isRedisFull(error: unknown): boolean {
  // Older servers put "ERR Error running script" before it.
  return error instanceof Error && error.message.includes('OOM command not allowed');
}

/** True when the command certainly was not sent. */
export function isNotWritten(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(NOT_WRITTEN);
}

/** True when Redis itself answered with an error: the command had no effect. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The error that a caller sees while Redis is away. */
export function redisUnavailable(): CallError {
  return new CallError('UNAVAILABLE', 'The message broker is not reachable. Try again in a moment.', { retryAfter: 1 });
}
