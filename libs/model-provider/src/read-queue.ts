/** Bytes of all answers that are decoded before everything else in the process gets its turn: some milliseconds of work. */
const BYTES_A_TURN = 256 * 1024;
/** The most of one answer that is decoded before the other answers get their turn. */
const SLICE_BYTES = 64 * 1024;

export interface ReadQueueOptions {
  take(bytes: Buffer): void;
  /** Asks the sender to stop for a moment; what is under way still comes. */
  pause(): void;
  resume(): void;
}

/** Those who have more than a turn of the event loop can bear: a slice each, one after another, however many they are. */
class Turns {
  private left = BYTES_A_TURN;
  private readonly waiting = new Set<ReadQueue>();
  private isScheduled = false;

  /** Somebody waits for a turn. */
  get isBusy(): boolean {
    return this.waiting.size > 0;
  }

  /** Nothing more is to be decoded in this turn. */
  get isOver(): boolean {
    return this.left <= 0;
  }

  spend(bytes: number): void {
    this.left -= bytes;
  }

  /** Calls `turn` when it is the queue's. */
  await(reads: ReadQueue): void {
    this.waiting.add(reads);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || (this.waiting.size === 0 && !this.isOver)) return;
    this.isScheduled = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    this.left = BYTES_A_TURN;
    // Who has more comes again at the end, within the same turn where there is time.
    for (const reads of this.waiting) {
      if (this.isOver) break;
      this.waiting.delete(reads);
      reads.turn();
    }
    this.isScheduled = false;
    this.schedule();
  }
}

const turns = new Turns();

/** Whether bytes wait that were read and not yet handed on. */
export function bytesWait(): boolean {
  return turns.isBusy;
}

/**
 * Hands on what a provider sends, a bounded part in each turn of the event loop: providers that send megabytes at once must not keep
 * the process from its heartbeats and the other answers from their words.
 */
export class ReadQueue {
  private waiting: Buffer[] = [];
  private yielding = false;
  private afterwards?: () => void;

  constructor(private readonly options: ReadQueueOptions) {}

  push(bytes: Buffer): void {
    if (this.yielding) return void this.waiting.push(bytes);
    if (bytes.length <= SLICE_BYTES && !turns.isOver) this.give(bytes);
    else this.waiting.push(bytes);
    if (turns.isOver || this.waiting.length > 0) this.yield();
  }

  /** Calls back once everything that was pushed has been handed on; at once where that is so. */
  whenEmpty(then: () => void): void {
    if (!this.yielding) return then();
    this.afterwards = then;
  }

  /** Forgets what waits, and who waits for its end. */
  clear(): void {
    this.waiting = [];
    this.afterwards = undefined;
  }

  /** Hands on a slice. */
  turn(): void {
    let room = SLICE_BYTES;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      if (next.length > room) this.waiting.unshift(next.subarray(room));
      const piece = next.subarray(0, room);
      room -= piece.length;
      this.give(piece);
      if (room === 0) break;
    }
    if (this.waiting.length > 0) return turns.await(this);
    this.yielding = false;
    this.options.resume();
    const { afterwards } = this;
    this.afterwards = undefined;
    afterwards?.();
  }

  private give(bytes: Buffer): void {
    turns.spend(bytes.length);
    this.options.take(bytes);
  }

  private yield(): void {
    this.yielding = true;
    this.options.pause();
    turns.await(this);
  }
}
