import { ProviderError } from './errors';

/** A provider that asks for a longer pause is left to the user: a run that sleeps holds a slot of its worker. */
const MAX_PAUSE_MS = 5_000;

/**
 * Milliseconds to wait before the only retry, or undefined when this error is not retried: connection failures, 5xx and
 * 429 with a short `Retry-After`. A provider that was merely silent for too long is not asked again.
 */
export function retryDelay(error: ProviderError): number | undefined {
  switch (error.code) {
    case 'UNAVAILABLE':
    case 'INTERRUPTED':
      return pause(error, 0.25);
    case 'RATE_LIMITED':
      return pause(error, 1);
    case 'TIMEOUT':
      return error.status !== undefined || error.cause !== undefined ? pause(error, 0.25) : undefined;
    default:
      return undefined;
  }
}

function pause(error: ProviderError, otherwiseSeconds: number): number | undefined {
  if (!error.retryable) return undefined;
  const ms = (error.retryAfter ?? otherwiseSeconds) * 1000;
  return ms <= MAX_PAUSE_MS ? ms + Math.random() * 100 : undefined;
}
