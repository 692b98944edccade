import { appendFile, open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExternalEngine, MediaEngines } from './external/engines';
import { type ConvertedFile, type ExternalOptions, ExternalReader } from './external/external-reader';
import {
  DEFAULT_LIMITS,
  ExtractionError,
  type ExtractionEvent,
  type ExtractionLimits,
  type ExtractionRequest,
  type ExtractionSource,
  type Extractor,
} from './extraction';
import { ExtractorProcess, type Job } from './extractor-process';
import { refuse } from './messages';
import type { RecognitionOptions } from './recognition/recogniser';
import { pictureTypeOf } from './signatures';
import { type Open, Spool } from './spool';

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

/** A picture with less recognised text than this is one to look at, and not one to read. */
const LEAST_LETTERS = 40;

/** Creates an `Extractor`. Processes are started on demand and reused. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  return new ExtractorPool(options);
}

/** The built extractor beside this module's own bundle. */
export function builtEntry(): string {
  return fileURLToPath(new URL('extractor.js', import.meta.url));
}

/** Pictures whose few words are remembered. */
const MOST_SEEN = 1_000;

/** What was recognised in a picture that has to be described. */
interface SeenPicture {
  events: readonly ExtractionEvent[];
  /** Why there is none. */
  fault?: ExtractionError;
}

interface PictureToDescribe {
  engine: ExternalEngine;
  /** Its type. */
  picture: string;
  /** Where the description is written. */
  converted: string;
  identity?: string;
  known?: SeenPicture;
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
  /** By the identity of the picture; the oldest first. */
  private readonly seen = new Map<string, SeenPicture>();
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
    const { signal, split, media, identity, beforeRecording } = request;
    let { name, contentType } = request;
    const limits = { ...this.limits, ...request.limits };
    let placed = false;
    let spooled: string | undefined;
    let converted: string | undefined;
    let scratch: string | undefined;
    try {
      await this.place(signal);
      placed = true;
      const known = identity === undefined ? undefined : this.seen.get(identity);
      if ('open' in source) await this.assertEngine(source, media, known);
      if ('open' in source) spooled = await this.spool.write(source.open, limits, signal);
      let path = 'path' in source ? source.path : (spooled ?? '');
      await checkSize(path, limits);
      scratch = this.spool.reserve();
      converted = await this.spool.reserveFile();
      const conversion = { name, contentType, limits, media, signal, beforeRecording };
      const made = await this.external.convert(path, converted, conversion);
      if (made) ({ name, contentType } = made);
      if (made) path = converted;
      const recognition = this.options.recognition ?? DEFAULT_RECOGNITION;
      const job = { path, name, contentType, answer: made?.answer, limits, scratch, split, recognition, signal };
      const picture = made || !media?.describer ? undefined : await pictureType(path);
      if (picture === undefined || !media?.describer) yield* this.read(job);
      else yield* this.describe(job, { engine: media.describer, picture, converted, identity, known });
    } finally {
      try {
        for (const path of [spooled, scratch, converted]) if (path !== undefined) await this.spool.remove(path);
      } finally {
        // Whatever fails: a place that is never left would stop all documents in the end.
        if (placed) this.leave();
      }
    }
  }

  /** Has the document read by a child process. */
  private async *read(job: Job): AsyncGenerator<ExtractionEvent, void, undefined> {
    for (;;) {
      const process = this.take();
      const wasIdle = process.documents > 0;
      let begun = false;
      let clean = false;
      try {
        for await (const event of process.read(job)) {
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
      } finally {
        await this.give(process, clean);
      }
    }
  }

  /**
   * Nothing is fetched for a server that is away.
   *
   * @throws ExtractionError `engine-away`
   */
  private async assertEngine(
    { open }: { open: Open },
    media: MediaEngines | undefined,
    known: SeenPicture | undefined,
  ): Promise<void> {
    if (known && media?.describer) return this.external.watch.assertThere(media.describer);
    await this.external.assertThere(() => headOf(open), media);
  }

  /** What is recognised in a picture: undefined if there is enough of it to read, which was yielded then. */
  private async *look(job: Job): AsyncGenerator<ExtractionEvent, SeenPicture | undefined> {
    const events: ExtractionEvent[] = [];
    let fault: ExtractionError | undefined;
    try {
      for await (const event of this.read(job)) events.push(event);
    } catch (error) {
      // Without recognition a picture is no document.
      if (!(error instanceof ExtractionError) || !['no-text', 'unsupported'].includes(error.reason)) throw error;
      fault = error;
    }
    if (fault || lettersIn(textOf(events)) < LEAST_LETTERS) return { events, fault };
    yield* events;
    return undefined;
  }

  /** The text in the picture; if there is little, what a model says about it. */
  private async *describe(
    job: Job,
    { engine, picture, converted, identity, known }: PictureToDescribe,
  ): AsyncGenerator<ExtractionEvent, void, undefined> {
    const seen = known ?? (yield* this.look(job));
    if (!seen) return;
    const { events, fault } = seen;
    let made: ConvertedFile;
    try {
      made = await this.external.ask(engine, job.path, converted, { ...job, contentType: picture });
      if (identity !== undefined) this.seen.delete(identity);
    } catch (error) {
      if (identity !== undefined && error instanceof ExtractionError && error.retryable) this.remember(identity, seen);
      // What little was recognised is better than nothing, unless the model may be asked again.
      if (fault || !(error instanceof ExtractionError) || error.retryable) throw error;
      return yield* events;
    }
    const text = textOf(events);
    if (text !== '') await appendFile(converted, `\n# Text in the picture\n\n${text}\n`);
    yield* this.read({ ...job, ...made, path: converted });
  }

  /** Recognition takes a processor for seconds, and a picture is looked at again and again while its describer is away. */
  private remember(identity: string, seen: SeenPicture): void {
    this.seen.delete(identity);
    this.seen.set(identity, seen);
    if (this.seen.size > MOST_SEEN) this.seen.delete(this.seen.keys().next().value!);
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

/** The type of a picture that can be described; undefined for other files. */
async function pictureType(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return pictureTypeOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The first bytes of a stream, which is not read further. */
async function headOf(open: Open): Promise<Uint8Array> {
  const stream = await open();
  // A stream that is destroyed early may still fail.
  stream.on('error', () => undefined);
  for await (const bytes of stream as AsyncIterable<Uint8Array>) return bytes;
  return new Uint8Array();
}

const textOf = (events: readonly ExtractionEvent[]): string =>
  events.flatMap((event) => (event.kind === 'chunks' ? event.chunks.map(({ text }) => text) : [])).join('\n');

const lettersIn = (text: string): number => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
