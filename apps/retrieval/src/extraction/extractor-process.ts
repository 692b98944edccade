import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { ExtractionError, type ExtractionEvent, type ExtractionLimits } from './extraction';
import { sizeText } from './messages';
import { type FromExtractor, type ToExtractor, WINDOW } from './protocol';

const WATCH_MS = 50;
/** If this process itself was blocked, the child is not charged for that time. */
const LONGEST_TICK_MS = 1_000;
const MIB = 1024 * 1024;

/** One document to read. */
export type Job = Omit<ToExtractor & { kind: 'read' }, 'kind'> & { signal?: AbortSignal };

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process that reads one document after another, until one fails. */
export class ExtractorProcess {
  /** Documents that it has started. */
  documents = 0;
  private readonly child: ChildProcess;
  private readonly exited: Promise<Exit>;
  private exit: Exit | undefined;
  private messages: FromExtractor[] = [];
  private wake: (() => void) | undefined;
  private recognising = false;
  /** For how long it has been at one picture, in milliseconds. */
  private atPictureMs = 0;

  /**
   * @param entry the built `extractor.js`
   *
   * @param heapMiB limit of its JavaScript heap
   */
  constructor(entry: string, heapMiB: number) {
    this.child = fork(entry, [String(process.pid)], {
      // The process that opens untrusted files gets none of this process's secrets.
      env: {},
      execArgv: [`--max-old-space-size=${heapMiB}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.exit ??= exit;
        resolve(exit);
        this.wake?.();
      };
      this.child.once('exit', (code, signal) => end({ code, signal }));
      this.child.once('error', () => end({ code: null, signal: null }));
    });
    this.child.on('message', (message: FromExtractor) => {
      if (message.kind === 'recognising') [this.recognising, this.atPictureMs] = [message.busy, 0];
      this.messages.push(message);
      this.wake?.();
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get alive(): boolean {
    return this.exit === undefined && this.child.connected;
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    if (this.exit === undefined) this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Resident memory in MiB; undefined if unknown (only Linux reports it) or the process is gone. */
  async memoryMiB(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8').catch(() => '');
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  }

  /**
   * Reads a document, with limits on time and memory. After any error the process is unusable: the caller kills it, as it does when it stops
   * listening early.
   */
  async *read({ signal, ...job }: Job): AsyncGenerator<ExtractionEvent, void, undefined> {
    signal?.throwIfAborted();
    this.documents += 1;
    this.messages = [];
    this.recognising = false;
    let verdict: unknown;
    // The process is killed here and not where the error is thrown: its reader may be busy for long.
    const stop = (why: unknown): void => {
      verdict ??= why;
      this.child.kill('SIGKILL');
      this.wake?.();
    };
    const onAbort = (): void => stop(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const watch = this.watch(job.limits, stop);
    try {
      this.send({ kind: 'read', ...job });
      for (;;) {
        if (verdict !== undefined) throw verdict;
        const message = this.messages.shift();
        if (message) {
          if (message.kind === 'failed') throw failure(message);
          if (message.kind === 'recognising') continue;
          yield message;
          if (message.kind === 'done') return;
          if (message.kind === 'chunks') this.send({ kind: 'taken' });
        } else if (this.exit) throw endOf(this.exit, job.limits);
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private send(message: ToExtractor): void {
    // A dead child is noticed by its exit.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  /** The child is done, or waits for its reader with a full window (of which the reader holds one). */
  private waitsForReader(): boolean {
    const last = this.messages.at(-1)?.kind;
    if (last === 'done' || last === 'failed') return true;
    return this.messages.filter(({ kind }) => kind === 'chunks').length >= WINDOW - 1;
  }

  private watch(limits: ExtractionLimits, stop: (why: ExtractionError) => void): NodeJS.Timeout {
    let worked = 0;
    let recognised = 0;
    let last = performance.now();
    return setInterval(() => {
      const now = performance.now();
      const passed = Math.min(now - last, LONGEST_TICK_MS);
      last = now;
      if (this.recognising) {
        recognised += passed;
        this.atPictureMs += passed;
      } else if (!this.waitsForReader()) worked += passed;
      // The child ends each picture and all of them by itself, unless something in it hangs.
      const picture = limits.timeMs + limits.recognisedPageMs;
      const isHung = this.atPictureMs > picture || recognised > limits.recognitionMs + picture;
      if (worked > limits.timeMs || isHung) stop(tooSlow(limits));
      void this.memoryMiB().then((used) => {
        if (used !== undefined && used > limits.memoryMiB) stop(tooMuchMemory(limits));
      });
    }, WATCH_MS);
  }
}

function failure({ reason, message, cause }: FromExtractor & { kind: 'failed' }): ExtractionError {
  return new ExtractionError(reason, message, cause === undefined ? undefined : { cause });
}

const tooSlow = ({ timeMs }: ExtractionLimits) =>
  new ExtractionError(
    'too-slow',
    `Reading the file took longer than ${timeMs >= 1000 ? `${Math.round(timeMs / 1000)} seconds` : `${timeMs} ms`} and was stopped. Split it into smaller files, or save it in a simpler format.`,
  );

const tooMuchMemory = ({ memoryMiB }: ExtractionLimits) =>
  new ExtractionError(
    'too-much-memory',
    `Reading the file needs more than ${sizeText(memoryMiB * MIB)} of memory and was stopped. Split it into smaller files.`,
  );

function endOf({ code, signal }: Exit, limits: ExtractionLimits): ExtractionError {
  // V8 aborts when its heap is full.
  if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134) return tooMuchMemory(limits);
  return new ExtractionError('crashed', 'The process that was reading the file ended unexpectedly. Try again.', {
    cause: signal ?? `exit code ${code ?? 'unknown'}`,
  });
}
