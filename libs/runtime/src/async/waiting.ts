/**
 * Stops waiting for work that cannot be cancelled: rejects with the signal's reason as soon as it is aborted. A later result or error of
 * `work` is ignored.
 */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * Like {@link raceAbort}, with a limit of `ms` milliseconds instead of a signal.
 *
 * @param toError makes the error of the time-out
 */
export function withTimeout<T>(work: Promise<T>, ms: number, toError: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(toError()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Waits at most `ms` milliseconds for work, which continues after that. Rejects if `work` rejects in time.
 *
 * @returns whether it ended in time
 */
export function waitAtMost(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, ms));
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
