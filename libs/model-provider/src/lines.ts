import { ProviderError } from './errors';

const CR = 0x0d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

/** Bytes without a complete line or event after which the provider counts as broken; limits memory. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * Splits a body into lines, which end with LF, CR or both. It works on bytes, so that no character is torn, and scans each of them once for
 * any cuts. Incomplete lines are copied: a piece of one byte would keep a hundred times as much.
 */
export class LineSplitter {
  private waiting = EMPTY;
  private waitingBytes = 0;
  /** The last line ended with a CR as the last byte: an LF right after it belongs to it. */
  private afterCr = false;

  constructor(private readonly onLine: (line: string) => void) {}

  /** @throws ProviderError `PROTOCOL` when a line has more than {@link MAX_EVENT_BYTES} */
  feed(bytes: Buffer): void {
    if (bytes.length === 0) return;
    let from = this.afterCr && bytes[0] === LF ? 1 : 0;
    this.afterCr = false;
    let lf = bytes.indexOf(LF, from);
    let cr = bytes.indexOf(CR, from);
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.line(bytes, from, end);
      from = end + 1;
      if (end === cr) {
        if (from === bytes.length) this.afterCr = true;
        else if (bytes[from] === LF) from += 1;
        cr = bytes.indexOf(CR, from);
      }
      if (lf !== -1 && lf < from) lf = bytes.indexOf(LF, from);
    }
    if (from < bytes.length) this.wait(from === 0 ? bytes : bytes.subarray(from));
  }

  /** The body has ended: pending bytes are its last line. */
  end(): void {
    if (this.waitingBytes > 0) this.line(EMPTY, 0, 0);
  }

  private wait(bytes: Buffer): void {
    const length = this.waitingBytes + bytes.length;
    if (length > MAX_EVENT_BYTES) throw tooLarge();
    if (length > this.waiting.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.waiting.length));
      this.waiting.copy(larger, 0, 0, this.waitingBytes);
      this.waiting = larger;
    }
    bytes.copy(this.waiting, this.waitingBytes);
    this.waitingBytes = length;
  }

  private line(bytes: Buffer, from: number, to: number): void {
    if (this.waitingBytes === 0) return this.onLine(bytes.toString('utf8', from, to));
    this.wait(bytes.subarray(from, to));
    const line = this.waiting.toString('utf8', 0, this.waitingBytes);
    this.waiting = EMPTY;
    this.waitingBytes = 0;
    this.onLine(line);
  }
}

export function tooLarge(): ProviderError {
  return new ProviderError('PROTOCOL', `The provider sent an event of more than ${MAX_EVENT_BYTES / 1024 / 1024} MB`);
}
