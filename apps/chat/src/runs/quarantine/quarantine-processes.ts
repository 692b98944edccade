import { fork, type ChildProcess } from 'node:child_process';
import { Inject, Injectable } from '@nestjs/common';
import { Runtime, type Logger } from '@perennial/runtime';

/** Beside a worker; each writes a handful of suspects. */
const MAX_PROCESSES = 4;
/** A process that was started a moment ago claims what waits, so the next one is started only if that was not enough. */
const START_PAUSE_MS = 4_000;
/** A process that says nothing for so long is blocked by what it writes. Its runs are others' by then, and it would never end by itself. */
const SILENT_MS = 15_000;

/**
 * Starts further processes of this program (`CHAT_ROLE=quarantine`) for runs that are suspected of having ended their workers: what
 * kills such a process hurts nobody else. They end by themselves when no suspect waits.
 */
@Injectable()
export class QuarantineProcesses {
  readonly #heardOf = new Map<ChildProcess, number>();
  #startedAt = -Infinity;
  #count = 0;
  #leaving = false;
  readonly #log: Logger;

  constructor(@Inject(Runtime) private readonly runtime: Runtime) {
    this.#log = runtime.logger('quarantine');
  }

  /** Sees to it that there is a process for suspects that wait. */
  provide(): void {
    const now = performance.now();
    for (const [child, at] of this.#heardOf) if (now - at > SILENT_MS) child.kill('SIGKILL');
    if (this.#leaving || this.#heardOf.size >= MAX_PROCESSES || now - this.#startedAt < START_PAUSE_MS) return;
    this.#startedAt = now;
    this.#start(`${this.runtime.instance}-quarantine-${(this.#count += 1)}`);
  }

  /** Tells the processes to end, as this one does. */
  leave(): void {
    this.#leaving = true;
    for (const child of this.#heardOf.keys()) child.kill('SIGTERM');
  }

  /** Resolves when all have ended; after `remainingMs` they are killed, and others take over what they wrote. */
  async ended(remainingMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const child of this.#heardOf.keys()) child.kill('SIGKILL');
    }, remainingMs);
    await Promise.all([...this.#heardOf.keys()].map((child) => new Promise((resolve) => child.once('exit', resolve))));
    clearTimeout(timer);
  }

  #start(instance: string): void {
    // eslint-disable-next-line no-restricted-syntax -- the same environment, to be read by the same schema, but for these
    const inherited = process.env;
    const own = { CHAT_ROLE: 'quarantine', INSTANCE_ID: instance, HEALTH_HOST: '127.0.0.1', HEALTH_PORT: '0' };
    const child = fork(process.argv[1]!, [], { env: { ...inherited, ...own } });
    child.on('error', (error) => this.#log.warn({ err: error, process: instance }, 'quarantine process failed'));
    // One that could not be started has no exit either.
    if (child.pid === undefined) return;
    this.#heardOf.set(child, performance.now());
    child.on('message', () => this.#heardOf.set(child, performance.now()));
    child.once('exit', (code, signal) => {
      this.#heardOf.delete(child);
      this.#log.info({ process: instance, code, signal }, 'quarantine process ended');
    });
    this.#log.warn({ process: instance, pid: child.pid }, 'quarantine process started');
  }
}
