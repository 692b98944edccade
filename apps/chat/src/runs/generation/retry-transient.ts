import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '@perennial/contracts-kernel';
import { isPassing } from '../models/model-catalog';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface RetryOptions {
  /** Ends the waiting; the promise then rejects with the last error. */
  signal: AbortSignal;
  /** Milliseconds after which a passing error is thrown; without it only the signal ends the waiting. */
  limitMs?: number;
}

/** Repeats `work` while it fails for reasons that pass: a store or a service that is away for a moment. */
export async function retryTransient<T>(work: () => Promise<T>, { signal, limitMs }: RetryOptions): Promise<T> {
  const end = limitMs === undefined ? Infinity : performance.now() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CallError) || !isPassing(error) || signal.aborted || performance.now() >= end) throw error;
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw error;
    }
  }
}

/** Rejects as soon as the signal is aborted; what `work` brings after that is dropped. For work that cannot be called off itself. */
export function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
