import type { RetryBudget } from '@perennial/runtime/retry-budget';
import type { ProviderError } from './errors';

/** How often a request is retried, and for how long a pause. */
export interface RetryPolicy {
  /** Requests, including the first. */
  attempts: number;
  /** A provider that asks for a longer pause (ms) is not retried. */
  maxPauseMs: number;
}

/** For chat: one retry. A longer pause is left to the user, because a sleeping run holds a slot of its worker. */
export const CHAT_RETRY: RetryPolicy = { attempts: 2, maxPauseMs: 5_000 };

/**
 * Milliseconds before the next attempt, or undefined when this error is not retried (any more): connection failures, 5xx and 429 with a short
 * `Retry-After` are. A provider that was silent for too long is not, and none is beyond the budget; a pause that the provider asks for is no load.
 *
 * @param attempt the one that failed, counted from 1
 */
export function retryDelay(
  error: ProviderError,
  attempt: number,
  policy: RetryPolicy,
  budget: RetryBudget,
): number | undefined {
  const delay = attempt >= policy.attempts ? undefined : delayOf(error, attempt, policy);
  if (delay === undefined || error.code === 'RATE_LIMITED') return delay;
  return budget.take() ? delay : undefined;
}

function delayOf(error: ProviderError, attempt: number, policy: RetryPolicy): number | undefined {
  switch (error.code) {
    case 'UNAVAILABLE':
    case 'INTERRUPTED':
      return pause(error, 250, attempt, policy);
    case 'RATE_LIMITED':
      return pause(error, 1000, attempt, policy);
    case 'TIMEOUT':
      return error.status !== undefined || error.cause !== undefined ? pause(error, 250, attempt, policy) : undefined;
    default:
      return undefined;
  }
}

/** The provider's `Retry-After`, else exponential back-off from `firstMs`; a little later, so that callers spread. */
function pause(
  error: ProviderError,
  firstMs: number,
  attempt: number,
  { maxPauseMs }: RetryPolicy,
): number | undefined {
  if (!error.retryable) return undefined;
  const ms =
    error.retryAfter === undefined ? Math.min(firstMs * 2 ** (attempt - 1), maxPauseMs) : error.retryAfter * 1000;
  return ms <= maxPauseMs ? ms + Math.random() * 100 * attempt : undefined;
}
