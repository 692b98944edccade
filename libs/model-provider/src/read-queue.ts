/** Bytes of one answer that are decoded before everything else in the process gets its turn: some milliseconds of work. */
const BYTES_A_TURN = 256 * 1024;
/** The largest piece that is decoded at once. */
const SLICE_BYTES = 64 * 1024;

export interface ReadQueueOptions {
  take(bytes: Buffer): void;
  /** Asks the sender to stop for a moment; what is under way still comes. */
  pause(): void;
  resume(): void;
}

/**
 * Hands on what a provider sends, a bounded part in each turn of the event loop: a provider that sends megabytes at once must not keep
 * the process from its heartbeats and the other answers from their words.
 */
export class ReadQueue {
  private waiting: Buffer[] = [];
  private left = BYTES_A_TURN;
  private yielding = false;
  private afterwards?: () => void;

  constructor(private readonly options: ReadQueueOptions) {}

  push(bytes: Buffer): void {
    if (this.yielding) return void this.waiting.push(bytes);
    if (bytes.length <= SLICE_BYTES && this.left > 0) return this.give(bytes);
    this.waiting.push(bytes);
    this.work();
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

  private give(bytes: Buffer): void {
    this.left -= bytes.length;
    this.options.take(bytes);
    if (this.left <= 0) this.yield();
  }

  private work(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      if (next.length > SLICE_BYTES) {
        this.waiting.unshift(next.subarray(SLICE_BYTES));
        next = next.subarray(0, SLICE_BYTES);
      }
      this.give(next);
      if (this.yielding) return;
    }
  }

  private yield(): void {
    if (this.yielding) return;
    this.yielding = true;
    this.options.pause();
    setImmediate(() => {
      this.yielding = false;
      this.left = BYTES_A_TURN;
      this.work();
      if (this.yielding) return;
      this.options.resume();
      const { afterwards } = this;
      this.afterwards = undefined;
      afterwards?.();
    });
  }
}
