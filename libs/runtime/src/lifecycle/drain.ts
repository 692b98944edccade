import type { Logger } from 'pino';

/**
 * When a hook runs:
 * - `intake`: stop taking new work;
 * - `work`: finish or hand over what runs;
 * - `close`: after the application has closed; write out what is left.
 */
export type DrainPhase = 'intake' | 'work' | 'close';

export interface DrainContext {
  /** Milliseconds that are left for this and all later hooks. */
  remainingMs: number;
  /** Aborted when the time is over. */
  signal: AbortSignal;
}

interface DrainHook {
  phase: DrainPhase;
  name: string;
  run: (context: DrainContext) => Promise<void> | void;
}

/** What a process does before it goes: hooks, run one after another, phase by phase, in the order in which they were added. */
export class Drain {
  readonly #hooks: DrainHook[] = [];
  #draining = false;

  constructor(private readonly log: Logger) {}

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on the process takes no new work; readiness says so. */
  begin(): void {
    this.#draining = true;
  }

  /** Adds a hook at the end of its phase. A hook that fails is logged and does not stop the others. */
  add(phase: DrainPhase, name: string, run: DrainHook['run']): void {
    this.#hooks.push({ phase, name, run });
  }

  /**
   * Runs the hooks of a phase until `deadlineAt` (milliseconds of `Date.now()`).
   * @returns the names of the hooks that failed or did not end in time; later hooks run even so, with no time left to wait
   */
  async run(phase: DrainPhase, deadlineAt: number): Promise<string[]> {
    const failed: string[] = [];
    for (const hook of this.#hooks.filter((candidate) => candidate.phase === phase)) {
      const remainingMs = Math.max(0, deadlineAt - Date.now());
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), remainingMs);
      const expired = new Promise<never>((_, reject) => {
        abort.signal.addEventListener('abort', () => reject(new Error('did not end within the shutdown grace')));
      });
      try {
        await Promise.race([Promise.resolve(hook.run({ remainingMs, signal: abort.signal })), expired]);
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
