/** Long enough to gather what many streams send, short beside the interval at which text goes on to its readers. */
const DOZE_MS = 5;
/** Below this many reads in a window each of them may as well have its own wake-up. */
const BUSY_READS = 32;
const WINDOW_MS = 100;

/**
 * Joins the wake-ups of a process that reads many slow streams: after a turn of the event loop in which something was read, a busy
 * process sleeps for 5 ms, and what arrives meanwhile is read in one turn. A wake-up costs more than the few bytes that it brings; on an
 * otherwise idle virtual machine it is the larger part of what a token costs. The price is up to 5 ms for everything that the process does,
 * only while it reads more than 320 times a second.
 */
export class Doze {
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #reads = 0;
  #windowAt = performance.now();
  #busy = false;
  #due = false;

  constructor(private readonly sleep: (ms: number) => void = (ms) => void Atomics.wait(this.#cell, 0, 0, ms)) {}

  /** Said with each read. */
  read(): void {
    this.#reads += 1;
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.#rest());
  }

  #rest(): void {
    this.#due = false;
    const now = performance.now();
    if (now - this.#windowAt >= WINDOW_MS) {
      this.#busy = this.#reads * WINDOW_MS > BUSY_READS * (now - this.#windowAt);
      this.#reads = 0;
      this.#windowAt = now;
    }
    if (this.#busy) this.sleep(DOZE_MS);
  }
}
