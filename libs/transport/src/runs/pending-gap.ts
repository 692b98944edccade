import { TextBuffer } from './text-buffer';

/** Live text beyond a gap, kept until the gap is filled. Only the last contiguous part: the rest is in the stream. */
export class PendingGap {
  private from = 0;
  private buffer?: TextBuffer;

  get isEmpty(): boolean {
    return this.buffer === undefined;
  }

  add(from: number, text: string): void {
    if (text === '') return;
    const end = this.from + (this.buffer?.length ?? 0);
    if (this.buffer && from >= this.from && from <= end) {
      this.buffer.append(text.slice(end - from));
    } else {
      this.from = from;
      this.buffer = new TextBuffer(text);
    }
  }

  /** The kept text from an offset, if the gap before it is filled. */
  takeAt(offset: number): string {
    const { buffer } = this;
    if (!buffer || this.from > offset) return '';
    this.buffer = undefined;
    return buffer.slice(offset - this.from);
  }

  clear(): void {
    this.buffer = undefined;
  }
}
