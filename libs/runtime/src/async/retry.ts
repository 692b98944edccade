import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '@perennial/contracts-kernel';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface RetryOptions {
  /**
   * Milliseconds before the next attempt; undefined when there is none.
   * @param attempt how many have failed
   */
  pauseMs(error: unknown, attempt: number): number | undefined;
  /** Ends a pause, and with it the repetition. */
  signal?: AbortSignal;
}

/** Repeats `work` until it resolves. @throws its last error when there is no further attempt */
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

/** `ms` give or take a quarter, so that those who failed together do not come back together. */
export function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

/**
 * Repeats `work` while it fails for reasons that pass: a store or a service that is away for a moment.
 * @param limitMs milliseconds after which such an error is thrown as well; without it only the signal ends the repetition
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
