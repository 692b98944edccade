/** A small blob takes little memory, and a large one is not copied often. */
const FIRST_BYTES = 64 * 1024;

/** Collects bytes up to a limit, in one reusable buffer that grows. */
export class Part {
  private buffer: Buffer;
  private length = 0;

  constructor(private readonly limit: number) {
    this.buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, limit));
  }

  /** The collected bytes; valid until `clear`. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  get full(): boolean {
    return this.length === this.limit;
  }

  /** Takes the bytes that fit and returns the rest. */
  take(chunk: Uint8Array): Uint8Array {
    const fits = Math.min(chunk.length, this.limit - this.length);
    this.reserve(this.length + fits);
    this.buffer.set(chunk.subarray(0, fits), this.length);
    this.length += fits;
    return chunk.subarray(fits);
  }

  clear(): this {
    this.length = 0;
    return this;
  }

  private reserve(length: number): void {
    if (length <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.limit, Math.max(length, this.buffer.length * 2)));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
