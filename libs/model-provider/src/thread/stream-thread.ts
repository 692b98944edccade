import { AsyncLocalStorage } from 'node:async_hooks';
import { Worker } from 'node:worker_threads';
import { ProviderError } from '../errors';
import type { AnswerEnd, AnswerSink, ChatRequest, ModelConnection, ProviderTimeouts, StreamOptions } from '../types';
import { unitsOf } from './outgoing';
import { Pace } from './pace';
import { type Batch, type Command, decodeEnd, decodeError, EVENT, type EventKind, newShared, SHARED } from './protocol';

const LOOK_MS = 500;
/** Consecutive looks at a thread without progress after which it counts as blocked. */
const STILL_LOOKS = 10;
/** The same for a thread that is starting: on a busy machine that takes seconds. */
const STARTING_LOOKS = 60;

/** The thread that read an answer is gone; the answer may be retried. */
export class StreamThreadError extends Error {
  override readonly name = 'StreamThreadError';

  /** @param isSuspect the thread may have ended because of this answer */
  constructor(
    reason: string,
    readonly isSuspect: boolean,
  ) {
    super(`The thread that read the answer ended: ${reason}`);
  }
}

export interface StreamThreadOptions {
  /** The built program that calls `serveStreams()`. */
  script: URL;
  /** Called after all events of one message were given to their sinks. */
  onTold?: () => void;
  /** The thread ended unexpectedly; the next answer starts another. */
  onLost?: (reason: string, answers: number) => void;
}

interface Answer {
  sink: AnswerSink;
  resolve(end: AnswerEnd): void;
  reject(error: Error): void;
}

/**
 * One thread that reads the streams of all answers of this process, so that many providers' data wakes this process once. It is started by
 * the first answer, and again after it has died.
 */
export class StreamThread {
  private worker?: Worker;
  private shared = newShared();
  private readonly answers = new Map<number, Answer>();
  private lastId = 0;
  private readonly pace = new Pace();
  /** Work for all answers must not belong to the trace of the one that started it. */
  private readonly detached = AsyncLocalStorage.snapshot();
  private looks?: NodeJS.Timeout;
  private turns = 0;
  private stillLooks = 0;

  constructor(private readonly options: StreamThreadOptions) {}

  /**
   * Streams an answer into the sink as `ModelProvider.stream` does.
   * @throws ProviderError as the provider does, and StreamThreadError when the thread is lost
   */
  stream(
    connection: ModelConnection,
    request: ChatRequest,
    sink: AnswerSink,
    options: StreamOptions = {},
    timeouts: Partial<ProviderTimeouts> = {},
  ): Promise<AnswerEnd> {
    const { signal, raw = false, headers = {} } = options;
    const id = (this.lastId = (this.lastId % 0x7fff_ffff) + 1);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      this.detached(() => this.start());
      this.send({ kind: 'stream', id, connection, timeouts, request, raw, headers });
      const onAbort = (): void => {
        this.send({ kind: 'cancel', id });
        this.leave(id)?.reject(cancelled());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const ended = <T>(then: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          then(value);
        };
      };
      this.answers.set(id, { sink, resolve: ended(resolve), reject: ended(reject) });
    });
  }

  /** Ends the thread and all its answers. */
  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    this.interrupt('it was stopped', () => false);
    await worker?.terminate();
  }

  /** Starts the thread if there is none. */
  private start(): void {
    this.looks ??= setInterval(() => this.look(), LOOK_MS).unref();
    if (this.worker) return;
    this.shared = newShared();
    this.turns = this.stillLooks = 0;
    this.adjust();
    const worker = this.newWorker();
    this.worker = worker;
    worker.unref();
    worker.on('message', (batch: Batch) => this.worker === worker && this.receive(batch));
    worker.once('error', (error) => this.lost(worker, describe(error)));
    worker.once('exit', () => this.lost(worker, 'it exited'));
  }

  private newWorker(): Worker {
    try {
      // Its spans are ours, so it does not need our preloads.
      return new Worker(this.options.script, { workerData: this.shared, execArgv: [], name: 'streams' });
    } catch (error) {
      const reason = describe(error);
      this.options.onLost?.(reason, 0);
      throw new StreamThreadError(reason, false);
    }
  }

  private send(command: Command): void {
    if (!this.worker) return;
    this.worker.postMessage(command);
    Atomics.add(this.shared, SHARED.commands, 1);
    Atomics.notify(this.shared, SHARED.commands);
  }

  private receive(batch: Batch): void {
    for (let at = 0; at < batch.length; at += 3) {
      const id = batch[at] as number;
      const answer = this.answers.get(id);
      if (answer) this.tell(id, answer, batch[at + 1] as EventKind, batch[at + 2] as string);
    }
    Atomics.add(this.shared, SHARED.taken, unitsOf(batch));
    this.options.onTold?.();
  }

  private tell(id: number, { sink }: Answer, kind: EventKind, value: string): void {
    switch (kind) {
      case EVENT.text:
        sink.text(value);
        break;
      case EVENT.reasoning:
        sink.reasoning(value);
        break;
      case EVENT.choices:
        sink.choices(value);
        break;
      case EVENT.unopened:
        sink.unopened();
        break;
      case EVENT.end:
        return this.leave(id)?.resolve(decodeEnd(value));
      case EVENT.error:
        return this.leave(id)?.reject(decodeError(value));
    }
    if (!sink.full) return;
    this.send({ kind: 'cancel', id });
    this.leave(id)?.resolve({ finishReason: 'length' });
  }

  private leave(id: number): Answer | undefined {
    const answer = this.answers.get(id);
    this.answers.delete(id);
    return answer;
  }

  private adjust(): void {
    Atomics.store(this.shared, SHARED.restMs, this.pace.next(this.answers.size));
  }

  /**
   * Sets the pace, and checks the thread's progress. Looks are counted, not time: a process that was blocked itself saw nothing.
   */
  private look(): void {
    this.adjust();
    const turns = Atomics.load(this.shared, SHARED.turns);
    this.stillLooks = turns === this.turns ? this.stillLooks + 1 : 0;
    this.turns = turns;
    if (this.answers.size === 0) {
      clearInterval(this.looks);
      this.looks = undefined;
      this.stillLooks = 0;
    } else if (this.stillLooks >= (turns === 0 ? STARTING_LOOKS : STILL_LOOKS)) {
      this.lost(this.worker, 'it stood still');
    } else if (this.stillLooks > 0) {
      this.send({ kind: 'ping' });
    }
  }

  private lost(worker: Worker | undefined, reason: string): void {
    if (worker === undefined || worker !== this.worker) return;
    this.worker = undefined;
    void worker.terminate();
    this.options.onLost?.(reason, this.answers.size);
    const reading = Atomics.load(this.shared, SHARED.reading);
    // A thread that never made a turn cannot have ended because of an answer.
    const hasBegun = Atomics.load(this.shared, SHARED.turns) !== 0;
    this.interrupt(reason, (id) => hasBegun && (reading === 0 || reading === id));
  }

  private interrupt(reason: string, isSuspect: (id: number) => boolean): void {
    const answers = [...this.answers];
    this.answers.clear();
    for (const [id, { reject }] of answers) reject(new StreamThreadError(reason, isSuspect(id)));
  }
}

/** The place of the error, without its message, which may quote the answer. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw something';
  const { code } = error as NodeJS.ErrnoException;
  const [place = ''] = /^ +at .+/m.exec(error.stack ?? '') ?? [];
  return `it threw ${code ?? error.name}${place.replace(/^ +/, ' ')}`;
}

function cancelled(): ProviderError {
  return new ProviderError('CANCELLED', 'The request was cancelled');
}
