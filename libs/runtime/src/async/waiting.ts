/**
 * Ends the wait for work that cannot be called off: rejects with the signal's reason as soon as it is aborted. What `work` brings after that,
 * an error too, is dropped.
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

/** Like {@link raceAbort}, with a limit of `ms` milliseconds instead of a signal. @param toError what it rejects with then */
export function withTimeout<T>(work: Promise<T>, ms: number, toError: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(toError()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Waits for work that goes on afterwards, for `ms` milliseconds at most. Rejects as `work` does, if it does so in time.
 * @returns whether it ended in time
 */
export function waitAtMost(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, ms));
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
