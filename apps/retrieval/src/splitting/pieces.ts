/** From `start` to before `end`, in UTF-16 code units of one text. */
export interface Range {
  start: number;
  end: number;
}

/** A range that is not cut further, and what it counts for: characters or tokens. */
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

/** The range without the blanks at its ends; undefined when nothing else is in it. */
export function trimmed(text: string, range: Range): Range | undefined {
  let { start, end } = range;
  while (start < end && BLANK.test(text.charAt(start))) start += 1;
  while (end > start && BLANK.test(text.charAt(end - 1))) end -= 1;
  return start < end ? { start, end } : undefined;
}

/**
 * Joins neighbouring pieces into ranges of at most `size`; each range begins with as many of the last pieces of the one
 * before as fit into `overlap`. Every piece is looked at twice at most, however small the pieces are.
 */
export class Joiner {
  #pieces: Piece[] = [];
  #first = 0;
  #size = 0;

  constructor(
    private readonly size: number,
    private readonly overlap: number,
  ) {}

  /** Takes the next piece, which begins where the last one ended; returns the range that this one completes, if any. */
  add(piece: Piece): Range | undefined {
    let full: Range | undefined;
    if (this.#size + piece.size > this.size && this.#first < this.#pieces.length) {
      full = this.#range();
      while (this.#size > 0 && (this.#size > this.overlap || this.#size + piece.size > this.size)) this.#drop();
      // A long run of pieces keeps no more of them than one range holds.
      this.#pieces = this.#pieces.slice(this.#first);
      this.#first = 0;
    }
    this.#pieces.push(piece);
    this.#size += piece.size;
    return full;
  }

  /** What is left; the next piece begins a range without overlap. */
  end(): Range | undefined {
    const rest = this.#first < this.#pieces.length ? this.#range() : undefined;
    this.#pieces = [];
    this.#first = 0;
    this.#size = 0;
    return rest;
  }

  #drop(): void {
    this.#size -= this.#pieces[this.#first]?.size ?? 0;
    this.#first += 1;
  }

  #range(): Range {
    const first = this.#pieces[this.#first];
    const last = this.#pieces[this.#pieces.length - 1];
    return { start: first?.start ?? 0, end: last?.end ?? 0 };
  }
}
