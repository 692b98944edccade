import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createProvider } from '../provider';
import { bytesWait } from '../read-queue';
import type { AnswerSink } from '../types';
import { Outgoing, unitsOf } from './outgoing';
import { type Batch, type Command, encodeEnd, encodeError, EVENT, type EventKind, SHARED } from './protocol';

/** Longest rest while an answer awaits its first word. */
const REST_BEFORE_FIRST_MS = 5;
/** More UTF-16 units than this are sent at once. */
const MAX_WAITING = 128 * 1024;
/** Most UTF-16 units in transit to a process that does not read. */
const MAX_UNDERWAY = 1024 * 1024;
const FULL_WAIT_MS = 20;

interface Call {
  abort: AbortController;
  hasBegun: boolean;
}

/**
 * Reads the streams of all answers of the process. After a turn of its loop in which it has read, it rests; data that arrives meanwhile is
 * then decoded and sent together, in one message for all answers.
 */
class StreamServer {
  private readonly calls = new Map<number, Call>();
  private readonly outgoing = new Outgoing();
  private handled = 0;
  /** Number of answers without a first word. */
  private beginning = 0;
  private sent = 0;
  private sentAt = 0;
  private hasRead = false;
  private isDue = false;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly port: MessagePort,
    private readonly shared: Int32Array,
  ) {
    port.on('message', (command: Command) => this.handle(command));
  }

  private handle(command: Command): void {
    this.handled = (this.handled + 1) | 0;
    this.turnSoon();
    switch (command.kind) {
      case 'stream':
        return void this.stream(command);
      case 'cancel':
        return this.cancel(command.id);
      case 'ping':
        return;
    }
  }

  private async stream({
    id,
    connection,
    timeouts,
    request,
    raw,
    headers,
  }: Command & { kind: 'stream' }): Promise<void> {
    const call: Call = { abort: new AbortController(), hasBegun: false };
    this.calls.set(id, call);
    this.beginning += 1;
    let last: { kind: EventKind; value: string };
    try {
      const { signal } = call.abort;
      const onReading = (isReading: boolean): void => this.reading(isReading ? id : 0);
      const options = { signal, raw, headers, onReading };
      last = encodeEnd(await createProvider(connection, timeouts).stream(request, this.sink(id, call), options));
    } catch (error) {
      last = { kind: EVENT.error, value: encodeError(error) };
    }
    if (!this.calls.has(id)) return;
    this.leave(id, call);
    this.outgoing.add(id, last.kind, last.value);
    this.turnSoon();
  }

  private sink(id: number, call: Call): AnswerSink {
    const tell = (kind: EventKind, value: string): void => {
      // A cancelled answer may still have events of its last read.
      if (!this.calls.has(id)) return;
      this.outgoing.add(id, kind, value);
      if (!call.hasBegun) {
        this.begun(call);
        this.outgoing.hurry(id);
      }
    };
    return {
      text: (text) => tell(EVENT.text, text),
      reasoning: (text) => tell(EVENT.reasoning, text),
      choices: (choices) => tell(EVENT.choices, choices),
      unopened: () => tell(EVENT.unopened, ''),
      // The process cancels a full answer: only it knows the sink.
      full: false,
    };
  }

  private cancel(id: number): void {
    const call = this.calls.get(id);
    this.outgoing.drop(id);
    if (!call) return;
    this.leave(id, call);
    call.abort.abort();
  }

  private leave(id: number, call: Call): void {
    this.calls.delete(id);
    this.begun(call);
  }

  private begun(call: Call): void {
    if (call.hasBegun) return;
    call.hasBegun = true;
    this.beginning -= 1;
  }

  private reading(id: number): void {
    this.shared[SHARED.reading] = id;
    this.hasRead = true;
    this.turnSoon();
  }

  /** Runs at the end of this turn of the loop, after all ready sockets were read. */
  private turnSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    this.isDue = false;
    Atomics.add(this.shared, SHARED.turns, 1);
    const restMs = Atomics.load(this.shared, SHARED.restMs);
    const wait = this.sentAt + restMs - performance.now();
    if (wait <= 1 || this.outgoing.units > MAX_WAITING) this.send(this.outgoing.take());
    else if (this.outgoing.isUrgent) this.send(this.outgoing.takeUrgent(), false);
    if (!this.outgoing.isEmpty) this.sendLater(wait);
    if (this.hasRead && !bytesWait()) this.rest(this.beginning > 0 ? Math.min(restMs, REST_BEFORE_FIRST_MS) : restMs);
    this.hasRead = false;
    while (this.underway > MAX_UNDERWAY && this.rest(FULL_WAIT_MS));
  }

  private sendLater(waitMs: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      // Not at once: what arrived during the rest is read first, or it would wait for the next message.
      this.turnSoon();
    }, waitMs);
  }

  private send(batch: Batch, isAll = true): void {
    if (isAll) this.sentAt = performance.now();
    if (batch.length === 0) return;
    this.sent = (this.sent + unitsOf(batch)) | 0;
    this.port.postMessage(batch);
  }

  private get underway(): number {
    return (this.sent - Atomics.load(this.shared, SHARED.taken)) | 0;
  }

  /** @returns false when a command has arrived, which ends the rest */
  private rest(ms: number): boolean {
    return Atomics.wait(this.shared, SHARED.commands, this.handled, ms) === 'timed-out';
  }
}

/** The program of the thread. */
export function serveStreams(): void {
  if (!parentPort) throw new Error('This program is a thread of another one');
  new StreamServer(parentPort, workerData as Int32Array);
}
