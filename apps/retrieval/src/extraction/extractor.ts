import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExternalOptions, ExternalReader } from './external/external-reader';
import {
  DEFAULT_LIMITS,
  ExtractionError,
  type ExtractionEvent,
  type ExtractionLimits,
  type ExtractionRequest,
  type ExtractionSource,
  type Extractor,
} from './extraction';
import { ExtractorProcess } from './extractor-process';
import { refuse } from './messages';
import type { RecognitionOptions } from './recognition/recogniser';
import { Spool } from './spool';

export interface ExtractorOptions {
  /** The built extractor; `extractor.js` beside the running program unless given. */
  entry?: string;
  /** Documents read at a time, each by a process of its own; more wait (default 2). */
  processes?: number;
  /** A process is ended after this many documents (default 200), so that leaks of libraries do not add up. */
  documentsPerProcess?: number;
  /** A process larger than this after a document is ended (default 256 MiB). */
  keepBelowMiB?: number;
  /** An idle process is ended after this time (default 30 000 ms). */
  idleMs?: number;
  /** Where streams are spooled (default: the system's directory for temporary files). */
  tempDir?: string;
  limits?: Partial<ExtractionLimits>;
  /** Text in pictures (default: English, German and Chinese). */
  recognition?: RecognitionOptions;
  /** Servers that read documents in this service's place. */
  external?: ExternalOptions;
}

const DEFAULT_RECOGNITION: RecognitionOptions = { languages: ['eng', 'deu', 'chi_sim'] };

/** Share of the memory limit for JavaScript objects; the rest is for buffers, stacks and code. */
const HEAP_SHARE = 0.75;

/** Creates an `Extractor`. Processes are started on demand and reused. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  return new ExtractorPool(options);
}

/** The built extractor beside this module's own bundle. */
export function builtEntry(): string {
  return fileURLToPath(new URL('extractor.js', import.meta.url));
}

interface Idle {
  process: ExtractorProcess;
  timer: NodeJS.Timeout;
}

class ExtractorPool implements Extractor {
  private readonly limits: ExtractionLimits;
  private readonly spool: Spool;
  private readonly entry: string;
  private readonly external: ExternalReader;
  private idle: Idle[] = [];
  private readonly busy = new Set<ExtractorProcess>();
  private readonly waiting: (() => void)[] = [];
  /** Places in use: processes at work or about to be. */
  private taken = 0;
  private closed = false;

  constructor(private readonly options: ExtractorOptions) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.entry = options.entry ?? builtEntry();
    this.external = new ExternalReader(options.external ?? {});
    this.spool = new Spool(join(options.tempDir ?? tmpdir(), 'perennial-extraction'));
  }

  async *extract(
    source: ExtractionSource,
    request: ExtractionRequest,
  ): AsyncGenerator<ExtractionEvent, void, undefined> {
    const { signal, split } = request;
    let { name, contentType } = request;
    const limits = { ...this.limits, ...request.limits };
    let placed = false;
    let spooled: string | undefined;
    let converted: string | undefined;
    let scratch: string | undefined;
    let process: ExtractorProcess | undefined;
    let clean = false;
    try {
      await this.place(signal);
      placed = true;
      if ('open' in source) spooled = await this.spool.write(source.open, limits, signal);
      let path = 'path' in source ? source.path : (spooled ?? '');
      await checkSize(path, limits);
      scratch = this.spool.reserve();
      converted = await this.spool.reserveFile();
      const made = await this.external.convert(path, converted, { name, contentType, limits, signal });
      if (made) ({ name, contentType } = made);
      if (made) path = converted;
      for (;;) {
        process = this.take();
        const wasIdle = process.documents > 0;
        let begun = false;
        try {
          for await (const event of process.read({
            ...{ path, name, contentType, limits, scratch, split, signal },
            recognition: this.options.recognition ?? DEFAULT_RECOGNITION,
          })) {
            begun = true;
            // Leaving after the last event does not harm the process.
            clean = event.kind === 'done';
            yield event;
          }
          return;
        } catch (error) {
          // The death of an idle process is noticed by its next document.
          const died = error instanceof ExtractionError && error.reason === 'crashed';
          if (!died || !wasIdle || begun || this.closed) throw error;
          await this.give(process, false);
        }
      }
    } finally {
      try {
        if (process) await this.give(process, clean);
        for (const path of [spooled, scratch, converted]) if (path !== undefined) await this.spool.remove(path);
      } finally {
        // Whatever fails: a place that is never left would stop all documents in the end.
        if (placed) this.leave();
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const resolve of this.waiting.splice(0)) resolve();
    const idle = this.idle.splice(0);
    for (const { timer } of idle) clearTimeout(timer);
    await Promise.all([...idle.map(({ process }) => process), ...this.busy].map((process) => process.kill()));
    await this.spool.close();
  }

  /** Waits for a place. First come, first served. */
  private async place(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.taken >= (this.options.processes ?? 2)) {
      await new Promise<void>((resolve, reject) => {
        const turn = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          this.waiting.splice(this.waiting.indexOf(turn), 1);
          reject(signal?.reason);
        };
        this.waiting.push(turn);
        signal?.addEventListener('abort', leave, { once: true });
      });
      // The place was handed over: it stays taken.
    } else this.taken += 1;
    if (!this.closed) return;
    throw new ExtractionError('crashed', 'The service is stopping. The file is read after its restart.');
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken -= 1;
  }

  private take(): ExtractorProcess {
    let idle = this.idle.pop();
    while (idle && !idle.process.alive) {
      clearTimeout(idle.timer);
      idle = this.idle.pop();
    }
    if (idle) clearTimeout(idle.timer);
    const process = idle?.process ?? new ExtractorProcess(this.entry, Math.round(this.limits.memoryMiB * HEAP_SHARE));
    this.busy.add(process);
    return process;
  }

  /** Keeps the process for the next document, if the last one succeeded and it is still small. */
  private async give(process: ExtractorProcess, clean: boolean): Promise<void> {
    const { documentsPerProcess = 200, keepBelowMiB = 256, idleMs = 30_000 } = this.options;
    const keep =
      clean &&
      process.alive &&
      process.documents < documentsPerProcess &&
      ((await process.memoryMiB()) ?? 0) < keepBelowMiB;
    this.busy.delete(process);
    if (!keep || this.closed) {
      await process.kill();
      return;
    }
    const timer = setTimeout(() => {
      this.idle = this.idle.filter((idle) => idle.process !== process);
      void process.kill();
    }, idleMs);
    timer.unref();
    this.idle.push({ process, timer });
  }
}

async function checkSize(path: string, limits: ExtractionLimits): Promise<void> {
  const info = await stat(path).catch((error: unknown) => {
    throw new ExtractionError('source', 'The file could not be opened. It is tried again.', { cause: error });
  });
  if (info.size === 0) throw refuse.empty();
  if (info.size > limits.maxBytes) throw refuse.tooLarge(info.size, limits);
}
