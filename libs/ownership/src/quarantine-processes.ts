import { fork, type ChildProcess } from 'node:child_process';
import type { Logger, Runtime } from '@perennial/runtime';

/** Beside a worker. */
const MAX_PROCESSES = 4;
/** A process that has begun a moment ago claims what waits, so the next one is started only if that was not enough. */
const START_PAUSE_MS = 3_000;
/** A process that says nothing for so long is blocked by its work. That is others' by then, and it would never end by itself. */
const SILENT_MS = 15_000;
/** A process that starts has no work yet, so it blocks nobody; on a busy machine a start takes half a minute. */
const STARTING_MS = 180_000;
/** How often a process is looked after, also when no suspect waits any more. */
const LOOK_MS = 1_000;

interface Life {
  readonly startedAt: number;
  /** When it last gave a sign of life. */
  heardAt?: number;
}

/**
 * Starts further processes of this program, in the role `quarantine`, for work that is suspected of having ended its workers: what kills
 * such a process hurts nobody else. They end by themselves when no suspect waits ({@link QuarantineWorker}), and with this process
 * (`endWithWorker`).
 */
export class QuarantineProcesses {
  readonly #processes = new Map<ChildProcess, Life>();
  /** When the youngest gave its first sign of life. */
  #begunAt = -Infinity;
  #count = 0;
  #leaving = false;
  readonly #log: Logger;

  /** @param role the variable that says what a process of this service does */
  constructor(
    private readonly runtime: Runtime,
    private readonly role: string,
  ) {
    this.#log = runtime.logger('quarantine');
    runtime.metrics.gauge('quarantine_processes', 'Processes that this worker has for suspects', [], (gauge) =>
      gauge.set(this.#processes.size),
    );
  }

  /** Sees to it that there is a process for suspects that wait. */
  provide(): void {
    const starting = [...this.#processes.values()].some(({ heardAt }) => heardAt === undefined);
    const justBegun = performance.now() - this.#begunAt < START_PAUSE_MS;
    if (this.#leaving || starting || justBegun || this.#processes.size >= MAX_PROCESSES) return;
    this.#start(`${this.runtime.instance}-quarantine-${(this.#count += 1)}`);
  }

  /** Tells the processes to end, as this one does. */
  leave(): void {
    this.#leaving = true;
    for (const child of this.#processes.keys()) child.kill('SIGTERM');
  }

  /** Resolves when all have ended; after `remainingMs` they are killed, and others take over what they had. */
  async ended(remainingMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const child of this.#processes.keys()) child.kill('SIGKILL');
    }, remainingMs);
    await Promise.all(
      [...this.#processes.keys()].map((child) => new Promise((resolve) => child.once('exit', resolve))),
    );
    clearTimeout(timer);
  }

  #start(instance: string): void {
    // eslint-disable-next-line no-restricted-syntax -- the same environment, to be read by the same schema, but for these
    const inherited = process.env;
    const own = { [this.role]: 'quarantine', INSTANCE_ID: instance, HEALTH_HOST: '127.0.0.1', HEALTH_PORT: '0' };
    const child = fork(process.argv[1]!, [String(process.pid)], { env: { ...inherited, ...own } });
    child.on('error', (error) => this.#log.warn({ err: error, process: instance }, 'quarantine process failed'));
    // One that could not be started has no exit either.
    if (child.pid === undefined) return;
    const life: Life = { startedAt: performance.now() };
    this.#processes.set(child, life);
    child.on('message', () => {
      const now = performance.now();
      if (life.heardAt === undefined) this.#begunAt = now;
      life.heardAt = now;
    });
    // After a turn in which signs of life arrive: this process may have stood still itself.
    const endSilent = (): void => void (isSilent(life) && child.kill('SIGKILL'));
    const look = setInterval(() => setImmediate(endSilent), LOOK_MS).unref();
    child.once('exit', (code, signal) => {
      clearInterval(look);
      this.#processes.delete(child);
      this.#log.info({ process: instance, code, signal }, 'quarantine process ended');
    });
    this.#log.warn({ process: instance, pid: child.pid }, 'quarantine process started');
  }
}

function isSilent({ startedAt, heardAt }: Life): boolean {
  const now = performance.now();
  return heardAt === undefined ? now - startedAt > STARTING_MS : now - heardAt > SILENT_MS;
}
