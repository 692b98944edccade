/** From `start` to before `end`, in UTF-16 code units of one text. */
export interface Range {
  start: number;
  end: number;
}

/** A range that is not split further, and its size: characters or tokens. */
export interface Piece extends Range {
  size: number;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** `at`, or the place before it when `at` lies within a character of two code units. */
export function characterBoundary(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return at;
  return isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1)) ? at - 1 : at;
}

const BLANK = /\s/;
/** Blanks by code unit; a regular expression per character is slow. */
const isBlank = (code: number): boolean =>
  code <= 32 ? code === 32 || (code >= 9 && code <= 13) : code >= 160 && BLANK.test(String.fromCharCode(code));

/** The range without the blanks at its ends; undefined when nothing else is in it. */
export function trimmed(text: string, range: Range): Range | undefined {
  let { start, end } = range;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return start < end ? { start, end } : undefined;
}

/**
 * Joins neighbouring pieces into ranges of at most `size`; each range begins with as many of the last pieces of the previous one as fit into
 * `overlap`. Every piece is examined at most twice: a text may be millions of blanks, so pieces are numbers here and not objects.
 */
export class Joiner {
  /** Where each piece of the range begins, and its size. */
  private starts: number[] = [];
  private sizes: number[] = [];
  private lastEnd = 0;
  private currentSize = 0;

  constructor(
    private readonly size: number,
    private readonly overlap: number,
  ) {}

  /** Takes the next piece, which begins where the last one ended; returns the range that it completes, if any. */
  add(start: number, end: number, size: number): Range | undefined {
    let full: Range | undefined;
    if (this.currentSize + size > this.size && this.starts.length > 0) {
      full = this.range();
      let first = 0;
      while (this.currentSize > 0 && (this.currentSize > this.overlap || this.currentSize + size > this.size)) {
        this.currentSize -= this.sizes[first] ?? 0;
        first += 1;
      }
      this.starts = this.starts.slice(first);
      this.sizes = this.sizes.slice(first);
    }
    this.starts.push(start);
    this.sizes.push(size);
    this.lastEnd = end;
    this.currentSize += size;
    return full;
  }

  /** The rest; the next piece begins a range without overlap. */
  end(): Range | undefined {
    const rest = this.starts.length > 0 ? this.range() : undefined;
    this.starts = [];
    this.sizes = [];
    this.currentSize = 0;
    return rest;
  }

  private range(): Range {
    return { start: this.starts[0] ?? 0, end: this.lastEnd };
  }
}
