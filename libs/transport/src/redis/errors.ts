import { CallError } from '@perennial/contracts-kernel';
import { NETWORK_ERROR_CODES } from '@perennial/runtime';

/** Error replies for temporary states, after which a retry may succeed. */
const NOT_NOW = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|OOM|NOREPLICAS|MISCONF)\b/;
/** Those of a failover or of a slot that moves: over in a moment, so a call waits for it within its deadline. */
const IN_TRANSITION = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK)\b/;

const CONNECTION_ERRORS = new Set(['MaxRetriesPerRequestError', 'AbortError', 'ClusterAllFailedError']);
const NOT_WRITTEN = /^(Stream isn't writeable|Cluster isn't ready)/;
const CLOSED = /^(Connection is closed\.|Cluster is ended\.|None of startup nodes|Too many Cluster redirections)/;

/** True when Redis was away or refused for now: the same command may succeed later. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isNotWritten(error) || CLOSED.test(error.message)) return true;
  if (error.name === 'AbortError') return error.message.includes('connection close');
  if (CONNECTION_ERRORS.has(error.name)) return true;
  if (error.name === 'ReplyError') return NOT_NOW.test(error.message) || isRedisFull(error);
  return 'syscall' in error && 'code' in error && NETWORK_ERROR_CODES.has(String(error.code)) && 'command' in error;
}

/** True when Redis refused because its memory is full (`maxmemory`, `noeviction`). Pub/Sub still works. */
export function isRedisFull(error: unknown): boolean {
  // Older servers put "ERR Error running script" before it.
  return error instanceof Error && error.message.includes('OOM command not allowed');
}

/** True when Redis replied that it cannot for a moment, and did nothing: it starts, or another server takes over. */
export function isInTransition(error: unknown): boolean {
  return isReplyError(error) && IN_TRANSITION.test(error.message);
}

/** True when the command certainly was not executed. */
export function isNotWritten(error: unknown): boolean {
  return error instanceof Error && NOT_WRITTEN.test(error.message);
}

/** True when Redis itself answered with an error: the command had no effect. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The error that a caller sees while Redis is away. */
export function redisUnavailable(): CallError {
  return new CallError('UNAVAILABLE', 'The message broker is not reachable. Try again in a moment.', { retryAfter: 1 });
}
