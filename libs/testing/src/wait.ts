/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface WaitOptions {
  /** The time-out in milliseconds (default 10 000). */
  timeoutMs?: number;
  /** The pause between two attempts, in milliseconds (default 20). */
  intervalMs?: number;
  /** Named in the error: `waited 10000 ms for <what>`. */
  what?: string;
  /** Ends the wait at once with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Calls `look` until it returns something other than `undefined`, `null` or `false`, and returns that.
 * An error thrown by `look` counts as "not yet"; the last one becomes the cause of the time-out error.
 */
export async function waitFor<T>(
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 10_000, intervalMs = 20, what = 'a condition', signal } = options;
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
    await sleep(intervalMs);
  }
}
