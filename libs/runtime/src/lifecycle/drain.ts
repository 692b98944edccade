import type { Logger } from 'pino';
import { raceAbort } from '../async/waiting';

/**
 * When a hook runs:
 * - `leave`: everything is still served, but clients should move: tell them to reconnect elsewhere, within the remaining time, and return at
 *   once;
 * - `intake`: stop taking new work;
 * - `work`: finish or hand over running work;
 * - `close`: after the application has closed; flush.
 */
export type DrainPhase = 'leave' | 'intake' | 'work' | 'close';

export interface DrainContext {
  /** Milliseconds left for this and all later hooks. */
  remainingMs: number;
  /** Aborted when the time is over. */
  signal: AbortSignal;
}

interface DrainHook {
  phase: DrainPhase;
  name: string;
  run: (context: DrainContext) => Promise<void> | void;
}

/**
 * The orderly end of a process: hooks, run one after another, phase by phase, in the order in which they were added.
 */
export class Drain {
  private readonly hooks: DrainHook[] = [];
  private isLeaving = false;
  private isDraining = false;

  constructor(private readonly log: Logger) {}

  get draining(): boolean {
    return this.isDraining;
  }

  /** True from the signal on: the process still serves, and tells its clients to reconnect elsewhere. */
  get leaving(): boolean {
    return this.isLeaving;
  }

  /** Starts the leave phase; readiness reports it, and load balancers need a moment to see it. */
  leave(): void {
    this.isLeaving = true;
  }

  /** From now on the process takes no new work. */
  begin(): void {
    this.isLeaving = true;
    this.isDraining = true;
  }

  /** Adds a hook at the end of its phase. A hook that fails is logged and does not stop the others. */
  add(phase: DrainPhase, name: string, run: DrainHook['run']): void {
    this.hooks.push({ phase, name, run });
  }

  /**
   * Runs the hooks of a phase until `deadlineAt` (milliseconds of `performance.now()`: the clock may jump).
   *
   * @returns the names of the hooks that failed or did not end in time; later hooks still run, without waiting
   */
  async run(phase: DrainPhase, deadlineAt: number): Promise<string[]> {
    const failed: string[] = [];
    // A timer may be a millisecond early: what is left then is no time for later hooks.
    let isOver = false;
    for (const hook of this.hooks.filter((candidate) => candidate.phase === phase)) {
      const remainingMs = isOver ? 0 : Math.max(0, deadlineAt - performance.now());
      const abort = new AbortController();
      const timer = setTimeout(() => {
        isOver = true;
        abort.abort(new Error('did not end within the shutdown grace'));
      }, remainingMs);
      try {
        await raceAbort(Promise.resolve(hook.run({ remainingMs, signal: abort.signal })), abort.signal);
      } catch (error) {
        failed.push(hook.name);
        this.log.error({ err: error, hook: hook.name, phase }, 'drain hook failed');
      } finally {
        clearTimeout(timer);
      }
    }
    return failed;
  }
}
