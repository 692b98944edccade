import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { guardProcess, type GuardStage, releaseProcess } from './guard';
import { sleep, waitFor } from './wait';

export interface ProcessOptions {
  /** Its name in logs and errors. */
  name: string;
  command: string;
  args?: readonly string[];
  /** Added to the environment of this process (`undefined` removes a variable). */
  env?: Readonly<Record<string, string | undefined>>;
  /** The child gets `env` only. */
  cleanEnv?: boolean;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** stdout and stderr are appended to this file; without it the last 500 lines are kept in memory. */
  logFile?: string;
  /** The signal that asks the process to end (default SIGTERM). */
  stopSignal?: NodeJS.Signals;
  /** SIGKILL follows after this many milliseconds (default 15 000). */
  stopTimeoutMs?: number;
  /** When this process dies, services are stopped before stores (default `service`). */
  stage?: GuardStage;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const OUTPUT_LINES = 500;

/**
 * The child waits for a line on descriptor 3 before it executes the command. Until then the guard does not know it; if this process dies in
 * between, the read fails and the command never starts. So there is never an orphan.
 */
const GATE = 'IFS= read -r go <&3 || exit 0; exec 3<&-; exec "$@"';

/**
 * A child process that is stopped by its pid and never outlives the process that started it, even after a `kill -9`.
 */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private exit: Promise<ProcessExit> | undefined;
  private lastExit: ProcessExit | undefined;
  private lines: string[] = [];
  private readonly exitListeners = new Set<(exit: ProcessExit) => void>();

  constructor(readonly options: ProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** The pid of the running process, or of the last one. */
  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error(`${this.name} was never started`);
    return pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.lastExit === undefined;
  }

  /** How the last process ended; undefined while it runs. */
  get ended(): ProcessExit | undefined {
    return this.lastExit;
  }

  /** Resolves when the current process has ended. */
  get exited(): Promise<ProcessExit> {
    if (!this.exit) throw new Error(`${this.name} was never started`);
    return this.exit;
  }

  /** The last lines of stdout and stderr (empty with a `logFile`). */
  get output(): string {
    return this.lines.join('\n');
  }

  /** Calls `listener` at each end of the process, expected or not. Returns a function that removes the listener. */
  onExit(listener: (exit: ProcessExit) => void): () => void {
    this.exitListeners.add(listener);
    return () => this.exitListeners.delete(listener);
  }

  /** Starts the process, which may not be running already. Returns at once: the caller waits for readiness. */
  start(): void {
    if (this.running) throw new Error(`${this.name} is running already`);
    const { command, args = [], cwd, uid, gid, logFile, stopSignal = 'SIGTERM', stage = 'service' } = this.options;
    if (logFile) mkdirSync(dirname(logFile), { recursive: true });
    const log = logFile ? openSync(logFile, 'a', 0o600) : undefined;
    const out = log ?? 'pipe';
    const child = spawn('/bin/sh', ['-c', GATE, 'perennial-gate', command, ...args], {
      // A process group of its own: Ctrl-C in a terminal reaches only the parent, which then stops its children in order.
      detached: true,
      cwd,
      uid,
      gid,
      env: this.environment(),
      stdio: ['ignore', out, out, 'pipe'],
    });
    if (log !== undefined) closeSync(log);
    this.child = child;
    this.lastExit = undefined;
    this.exit = new Promise((resolve) => {
      const end = (exit: ProcessExit): void => {
        if (this.child !== child || this.lastExit) return;
        this.lastExit = exit;
        if (child.pid !== undefined) releaseProcess(child.pid);
        resolve(exit);
        for (const listener of this.exitListeners) listener(exit);
      };
      child.once('exit', (code, signal) => end({ code, signal }));
      child.once('error', (error) => {
        this.keep(`${this.name}: ${error.message}`);
        end({ code: 127, signal: null });
      });
    });
    child.stdout?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    if (child.pid === undefined) return;
    guardProcess(child.pid, stopSignal, stage);
    const gate = child.stdio[3];
    if (!gate || !('end' in gate)) throw new Error(`${this.name} has no gate`);
    gate.on('error', () => undefined);
    gate.end('go\n');
  }

  /** Sends a signal to the running process; false if it has ended. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && this.child !== undefined ? this.child.kill(signal) : false;
  }

  /** SIGSTOP: the process is paused with its connections open. */
  pause(): void {
    this.signal('SIGSTOP');
  }

  /** SIGCONT: the process continues. */
  cont(): void {
    this.signal('SIGCONT');
  }

  /** `kill -9`; resolves when the process has ended. */
  async kill(): Promise<ProcessExit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Sends the stop signal, waits, and kills the process after `stopTimeoutMs`. */
  async stop(): Promise<ProcessExit | undefined> {
    if (!this.exit) return undefined;
    const { stopSignal = 'SIGTERM', stopTimeoutMs = 15_000 } = this.options;
    if (this.signal(stopSignal)) this.signal('SIGCONT');
    const killTimer = setTimeout(() => this.signal('SIGKILL'), stopTimeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(killTimer);
    }
  }

  /** Stops it (if it runs) and starts it again with the same options. */
  async restart(): Promise<void> {
    if (this.running) await this.stop();
    this.start();
  }

  /** Waits until `ready` is true; throws with the last output if the process ends before that. */
  async waitUntil(ready: () => boolean | Promise<boolean>, what: string, timeoutMs = 30_000): Promise<void> {
    const abort = new AbortController();
    const off = this.onExit(({ code, signal }) =>
      abort.abort(new Error(`${this.name} ended (${signal ?? `exit ${code}`}) before ${what}\n${this.output}`)),
    );
    try {
      if (!this.running) throw new Error(`${this.name} is not running\n${this.output}`);
      await waitFor(ready, { timeoutMs, intervalMs: 25, what: `${this.name}: ${what}`, signal: abort.signal });
    } finally {
      off();
    }
  }

  private environment(): NodeJS.ProcessEnv {
    const environment: NodeJS.ProcessEnv = this.options.cleanEnv ? {} : { ...process.env };
    for (const [name, value] of Object.entries(this.options.env ?? {})) {
      if (value === undefined) delete environment[name];
      else environment[name] = value;
    }
    return environment;
  }

  private keep(text: string): void {
    this.lines.push(...text.split('\n').filter((line) => line !== ''));
    if (this.lines.length > OUTPUT_LINES) this.lines.splice(0, this.lines.length - OUTPUT_LINES);
  }
}

/** Starts a process and returns its handle. */
export function startProcess(options: ProcessOptions): ManagedProcess {
  const handle = new ManagedProcess(options);
  handle.start();
  return handle;
}

/** Whether a process of this number exists (a zombie does not count on Linux). */
export async function processExists(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined || !/^\d+ \(.*\) Z/s.test(stat);
}

/** Runs a command to its end; throws with its output when it fails. */
export async function runToEnd(options: ProcessOptions): Promise<string> {
  const handle = startProcess(options);
  const { code, signal } = await handle.exited;
  // The pipes may still contain output written just before the end.
  await sleep(10);
  if (code !== 0) throw new Error(`${options.name} failed (${signal ?? `exit ${code}`})\n${handle.output}`);
  return handle.output;
}
