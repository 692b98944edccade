import type { ManagedProcess, ProcessExit } from '@perennial/testing/servers';

export interface SupervisorEvents {
  /** It exited unexpectedly; it is restarted after `delayMs`, or not at all. */
  onDeath(name: string, exit: ProcessExit, delayMs: number | undefined): void;
  /** A process has a new pid, or none. */
  onChange(): void;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** A process that ran this long starts with the first delay again. */
const STEADY_MS = 20_000;

/** Keeps one process running: restarts it after a death, with back-off. */
export class Supervisor {
  private wanted = false;
  private delay = FIRST_DELAY_MS;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `begin` starts the process (and may wait until it is ready); it is called once for each life. */
  constructor(
    readonly process: ManagedProcess,
    private readonly begin: () => void | Promise<void>,
    private readonly events: SupervisorEvents,
    /** False: deaths are only reported. */
    private readonly again = true,
  ) {
    process.onExit((exit) => this.died(exit));
  }

  async start(): Promise<void> {
    this.wanted = true;
    await this.launch();
  }

  /** Takes over a process that its owner has started. */
  adopt(): void {
    this.wanted = true;
    this.startedAt = performance.now();
  }

  /** Runs `work`, which may stop and start the process, without interfering. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.wanted = false;
    clearTimeout(this.timer);
    try {
      return await work();
    } finally {
      this.adopt();
      this.events.onChange();
    }
  }

  /** The process is not restarted any more; the caller stops it. */
  release(): void {
    this.wanted = false;
    clearTimeout(this.timer);
  }

  private async launch(): Promise<void> {
    this.startedAt = performance.now();
    const begun = this.begin();
    this.events.onChange();
    await begun;
  }

  private died(exit: ProcessExit): void {
    this.events.onChange();
    if (!this.wanted) return;
    if (!this.again) return this.events.onDeath(this.process.name, exit, undefined);
    if (performance.now() - this.startedAt > STEADY_MS) this.delay = FIRST_DELAY_MS;
    const delay = this.delay;
    this.delay = Math.min(delay * 2, MAX_DELAY_MS);
    this.events.onDeath(this.process.name, exit, delay);
    this.timer = setTimeout(() => {
      // The process itself announces its next death.
      if (this.wanted && !this.process.running) void Promise.resolve(this.launch()).catch(() => undefined);
    }, delay);
  }
}
