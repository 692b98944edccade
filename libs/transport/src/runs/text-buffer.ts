/** More pieces than this are joined: 20,000 small strings would take ten times the memory of their text. */
const MAX_PIECES = 512;

/** Text that grows by small pieces and is mostly read near its end. All offsets are UTF-16 units. */
export class TextBuffer {
  private pieces: string[] = [];
  private size = 0;

  constructor(text = '') {
    this.append(text);
  }

  get length(): number {
    return this.size;
  }

  append(text: string): void {
    if (text === '') return;
    this.pieces.push(text);
    this.size += text.length;
    if (this.pieces.length > MAX_PIECES) this.join();
  }

  /** The text from an offset to the end; cheap near the end. */
  slice(from: number): string {
    if (from >= this.size) return '';
    let index = this.pieces.length - 1;
    let start = this.size - this.piece(index).length;
    while (start > from && index > 0) start -= this.piece(--index).length;
    const first = this.piece(index).slice(Math.max(from - start, 0));
    return index === this.pieces.length - 1 ? first : first + this.pieces.slice(index + 1).join('');
  }

  /** Cuts the text at an offset. */
  truncate(length: number): void {
    if (length >= this.size) return;
    this.pieces = length === 0 ? [] : [this.join().slice(0, length)];
    this.size = length;
  }

  toString(): string {
    return this.join();
  }

  private piece(index: number): string {
    return this.pieces[index] ?? '';
  }

  private join(): string {
    if (this.pieces.length > 1) this.pieces = [this.pieces.join('')];
    return this.pieces[0] ?? '';
  }
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const SUSPECT = /[\uD800-\uDFFF\0]/;

/** Text that UTF-8 (Redis) and Postgres store unchanged: no lone surrogate, no NUL. */
export function storable(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(LONE_SURROGATE, '\uFFFD').replaceAll('\0', '\uFFFD');
}

/** True when the text ends in the first half of a surrogate pair. */
export function endsInHalfPair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
