/** Bytes of all answers that are decoded before the event loop continues: some milliseconds of work. */
const BYTES_A_TURN = 256 * 1024;
/** Bytes of one answer that are decoded before the other answers get their turn. */
const SLICE_BYTES = 64 * 1024;

export interface ReadQueueOptions {
  take(bytes: Buffer): void;
  /** Asks the sender to pause; bytes in transit still arrive. */
  pause(): void;
  resume(): void;
}

/** Round robin between answers with more bytes than one turn of the event loop allows: a slice each. */
class Turns {
  private left = BYTES_A_TURN;
  private readonly waiting = new Set<ReadQueue>();
  private isScheduled = false;

  /** Answers are waiting. */
  get isBusy(): boolean {
    return this.waiting.size > 0;
  }

  /** The budget of this turn is used up. */
  get isOver(): boolean {
    return this.left <= 0;
  }

  spend(bytes: number): void {
    this.left -= bytes;
  }

  /** Calls `turn` when it is the queue's turn. */
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
    // A queue with more bytes gets another turn at the end, within the same turn of the loop if there is time.
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

/** Whether bytes were read and not yet decoded. */
export function bytesWait(): boolean {
  return turns.isBusy;
}

/**
 * Decodes a provider's bytes, a bounded part in each turn of the event loop: megabytes at once must not delay the process's heartbeat or
 * other answers.
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

  /** Calls back once everything that was pushed is decoded, at once if it is. */
  whenEmpty(then: () => void): void {
    if (!this.yielding) return then();
    this.afterwards = then;
  }

  /** Drops pending bytes and callbacks. */
  clear(): void {
    this.waiting = [];
    this.afterwards = undefined;
  }

  /** Decodes a slice. */
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
