import { type ChildProcess, fork } from 'node:child_process';
import type { Logger, Runtime } from '@perennial/runtime';

/** For each worker. */
const MAX_PROCESSES = 4;
/** A new process claims waiting work at once; the next one is started only if work still waits after this time. */
const START_PAUSE_MS = 3_000;
/**
 * A process that is silent for this long is blocked by its work. Others have taken its work over, and it would never exit.
 */
const SILENT_MS = 15_000;
/** A starting process has no work yet, so it blocks nothing; on a busy machine a start takes half a minute. */
const STARTING_MS = 180_000;
/** How often processes are supervised, even if nothing waits. */
const LOOK_MS = 1_000;

interface Life {
  readonly startedAt: number;
  /** Time of its last sign of life. */
  heardAt?: number;
}

/**
 * Starts further processes of this program, in the role `quarantine`, for work that may have killed its workers: if it kills such a process,
 * no other work is lost. They exit when nothing waits ({@link QuarantineWorker}), and with this process (`endWithWorker`).
 */
export class QuarantineProcesses {
  private readonly processes = new Map<ChildProcess, Life>();
  /** Time of the youngest process's first sign of life. */
  private begunAt = -Infinity;
  private count = 0;
  private leaving = false;
  private readonly log: Logger;

  /** @param role the variable that sets the role of a process of this service */
  constructor(
    private readonly runtime: Runtime,
    private readonly role: string,
  ) {
    this.log = runtime.logger('quarantine');
    runtime.metrics.gauge('quarantine_processes', 'Quarantine processes of this worker', [], (gauge) =>
      gauge.set(this.processes.size),
    );
  }

  /** Starts a process if the waiting work needs one. */
  provide(): void {
    const starting = [...this.processes.values()].some(({ heardAt }) => heardAt === undefined);
    const justBegun = performance.now() - this.begunAt < START_PAUSE_MS;
    if (this.leaving || starting || justBegun || this.processes.size >= MAX_PROCESSES) return;
    this.start(`${this.runtime.instance}-quarantine-${(this.count += 1)}`);
  }

  /** Tells the processes to drain, as this one does. */
  leave(): void {
    this.leaving = true;
    for (const child of this.processes.keys()) child.kill('SIGTERM');
  }

  /** Resolves when all have exited; after `remainingMs` they are killed, and other workers take over their work. */
  async ended(remainingMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const child of this.processes.keys()) child.kill('SIGKILL');
    }, remainingMs);
    await Promise.all([...this.processes.keys()].map((child) => new Promise((resolve) => child.once('exit', resolve))));
    clearTimeout(timer);
  }

  private start(instance: string): void {
    // eslint-disable-next-line no-restricted-syntax -- the same environment, to be read by the same schema, but for these
    const inherited = process.env;
    const own = { [this.role]: 'quarantine', INSTANCE_ID: instance, HEALTH_HOST: '127.0.0.1', HEALTH_PORT: '0' };
    const child = fork(process.argv[1]!, [String(process.pid)], { env: { ...inherited, ...own } });
    child.on('error', (error) => this.log.warn({ err: error, process: instance }, 'quarantine process failed'));
    // A process that failed to start has no exit event.
    if (child.pid === undefined) return;
    const life: Life = { startedAt: performance.now() };
    this.processes.set(child, life);
    child.on('message', () => {
      const now = performance.now();
      if (life.heardAt === undefined) this.begunAt = now;
      life.heardAt = now;
    });
    // After the next turn of the event loop, so that signs of life are read first: this process may have been blocked itself.
    const endSilent = (): void => void (isSilent(life) && child.kill('SIGKILL'));
    const look = setInterval(() => setImmediate(endSilent), LOOK_MS).unref();
    child.once('exit', (code, signal) => {
      clearInterval(look);
      this.processes.delete(child);
      this.log.info({ process: instance, code, signal }, 'quarantine process ended');
    });
    this.log.warn({ process: instance, pid: child.pid }, 'quarantine process started');
  }
}

function isSilent({ startedAt, heardAt }: Life): boolean {
  const now = performance.now();
  return heardAt === undefined ? now - startedAt > STARTING_MS : now - heardAt > SILENT_MS;
}
