import type { Logger } from 'pino';
import { wakeAfter } from './wake-grid';

export interface EveryOptions {
  /** Names the work in log lines. */
  name: string;
  log: Logger;
  /** Share of the interval by which each wait may differ, so that replicas do not act in step; 0.1 by default. */
  jitter?: number;
  /** Runs once at once instead of after the first wait. */
  immediately?: boolean;
}

export interface Interval {
  /** Starts no further run; resolves when the current one has ended. Its signal is aborted. */
  stop(): Promise<void>;
  /** Runs as soon as possible (after the current run, if any). */
  trigger(): void;
}

/** Interval of log lines while the work keeps failing. */
const FAILURE_LOG_INTERVAL_MS = 30_000;

/**
 * Runs `work` repeatedly with about `ms` between the end of one run and the start of the next: runs never overlap, and start together with
 * other repeated work of this process (`wakeAfter`). A failure is logged (the first at once, then with a count each 30 s) and the repetition
 * continues; a recovery is logged once.
 */
export function every(
  ms: number,
  work: (signal: AbortSignal) => Promise<void> | void,
  options: EveryOptions,
): Interval {
  const { name, log, jitter = 0.1 } = options;
  const abort = new AbortController();
  let callOff: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let failures = 0;
  let loggedAt = 0;

  const failed = (error: unknown): void => {
    failures += 1;
    const now = performance.now();
    if (failures > 1 && now - loggedAt < FAILURE_LOG_INTERVAL_MS) return;
    loggedAt = now;
    log.warn({ err: error, work: name, failures }, 'repeated work failed');
  };

  const run = async (): Promise<void> => {
    try {
      await work(abort.signal);
      if (failures > 0) log.info({ work: name, failures }, 'repeated work recovered');
      failures = 0;
    } catch (error) {
      if (!abort.signal.aborted) failed(error);
    }
  };

  const begin = (): void => {
    callOff = undefined;
    again = false;
    running = run().finally(() => {
      running = undefined;
      if (!abort.signal.aborted) schedule(again ? 0 : ms * (1 + (Math.random() * 2 - 1) * jitter));
    });
  };

  const schedule = (delay: number): void => {
    callOff = wakeAfter(delay, begin);
  };

  schedule(options.immediately === true ? 0 : ms * (1 + (Math.random() * 2 - 1) * jitter));

  return {
    trigger() {
      if (abort.signal.aborted) return;
      again = true;
      if (!callOff) return;
      callOff();
      schedule(0);
    },
    async stop() {
      abort.abort();
      callOff?.();
      await running;
    },
  };
}
