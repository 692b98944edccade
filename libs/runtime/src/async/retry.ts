import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '@perennial/contracts-kernel';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface RetryOptions {
  /**
   * Milliseconds before the next attempt; undefined: no further attempt.
   *
   * @param attempt how many attempts have failed
   */
  pauseMs(error: unknown, attempt: number): number | undefined;
  /** Aborts the pause and ends the retries. */
  signal?: AbortSignal;
}

/**
 * Retries `work` until it resolves.
 *
 * @throws its last error when there is no further attempt
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, { pauseMs, signal }: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const pause = signal?.aborted ? undefined : pauseMs(error, attempt);
      if (pause === undefined) throw error;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal?.aborted) throw error;
    }
  }
}

/** `ms` plus or minus up to a quarter (jitter), so that callers that failed together do not retry together. */
export function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

/**
 * Retries `work` while it fails with temporary errors: a store or a service is unavailable.
 *
 * @param limitMs milliseconds after which such an error is thrown as well; without it only the signal ends the retries
 */
export function retryTransient<T>(
  work: () => Promise<T>,
  { signal, limitMs = Infinity }: { signal: AbortSignal; limitMs?: number },
): Promise<T> {
  const end = performance.now() + limitMs;
  return retry(work, {
    signal,
    pauseMs: (error, attempt) =>
      isTransient(error) && performance.now() < end
        ? jittered(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS))
        : undefined,
  });
}
