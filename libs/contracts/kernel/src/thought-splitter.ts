const NAMES = ['think', 'thinking', 'thought', 'reasoning'];
const OPENINGS = NAMES.map((name) => `<${name}>`);
const CLOSINGS = NAMES.map((name) => `</${name}>`);
const OPENING = new RegExp(`^<(?:${NAMES.join('|')})>`, 'i');
const CLOSING = new RegExp(`^</(?:${NAMES.join('|')})>`, 'i');
/** Any tag that opens or closes a thought. */
export const TAG = new RegExp(`</?(?:${NAMES.join('|')})>`, 'i');
const EVERY_TAG = new RegExp(TAG, 'gi');
const LONGEST = Math.max(...CLOSINGS.map(({ length }) => length));
/** Opens and closes a code block at the beginning of a line. */
const FENCES = ['```', '~~~'];
const STARTS = [...FENCES, ...OPENINGS];
const TAGS = [...OPENINGS, ...CLOSINGS];
/** A tag after one of these is quoted, not used. */
const QUOTES = '`\'"';

/** Receives the parts of a split text. */
export interface ThoughtSink {
  text(text: string): void;
  thought(text: string): void;
  /**
   * All text so far was a thought: its opening tag was part of the prompt. Called at most once, and only after text.
   */
  unopened(): void;
}

export interface ThoughtOptions {
  /** The text continues an earlier part that is not seen here: it cannot begin within a thought. */
  continues?: boolean;
}

/**
 * Separates thoughts from text; the result does not depend on how the text is cut into pieces. A tag opens a thought at the beginning of a
 * line only, and never within a code block, so that an answer may write about tags. Each character is examined once; at most a dozen wait for
 * the next ones.
 */
export class ThoughtSplitter {
  /** Text that may become a tag or a fence. */
  private pending = '';
  /** The same for thoughts from a separate field. */
  private pendingApart = '';
  private thinking = false;
  /** The fence of the code block that is open. */
  private fence = '';
  /** Only blanks since the last line break. */
  private atLineStart: boolean;
  private mayBeUnopened: boolean;
  /** Line breaks, and a second closing tag, between a thought and the next text are dropped. */
  private afterThought = false;
  private lastCharacter = '';

  constructor(
    private readonly sink: ThoughtSink,
    { continues = false }: ThoughtOptions = {},
  ) {
    this.atLineStart = !continues;
    this.mayBeUnopened = !continues;
  }

  feed(piece: string): void {
    this.endApart();
    const text = this.pending + piece;
    this.pending = '';
    for (let at = 0; at < text.length;) at = this.thinking ? this.readThought(text, at) : this.readText(text, at);
  }

  /**
   * A thought from a separate field: tags in it have no meaning, and are removed because they would end it in the combined text.
   */
  thought(piece: string): void {
    this.endText();
    this.mayBeUnopened = false;
    if (!this.thinking) this.thoughtEnds();
    const text = (this.pendingApart + piece).replace(EVERY_TAG, '');
    const last = text.lastIndexOf('<');
    const end = last !== -1 && isBeginning(text.slice(last), TAGS) ? last : text.length;
    this.pendingApart = text.slice(end);
    if (end > 0) this.sink.thought(text.slice(0, end));
  }

  /** Whether the next text belongs to a thought. */
  get isThinking(): boolean {
    return this.thinking;
  }

  /** End of input: pending text is emitted as it is. */
  end(): void {
    this.endApart();
    this.endText();
  }

  private endApart(): void {
    const { pendingApart } = this;
    this.pendingApart = '';
    if (pendingApart !== '') this.sink.thought(pendingApart);
  }

  private endText(): void {
    const { pending } = this;
    this.pending = '';
    if (pending === '') return;
    if (this.thinking) this.sink.thought(pending);
    else this.emit(pending);
  }

  /** @returns where to continue; the end of the text if the rest is pending */
  private readThought(text: string, from: number): number {
    for (let at = text.indexOf('<', from); at !== -1; at = text.indexOf('<', at + 1)) {
      const tag = text.slice(at, at + LONGEST);
      const closing = CLOSING.exec(tag);
      if (!closing && !isBeginning(tag, CLOSINGS)) continue;
      if (at > from) this.sink.thought(text.slice(from, at));
      if (!closing) return this.wait(text, at);
      this.thinking = false;
      this.thoughtEnds();
      return at + closing[0].length;
    }
    this.sink.thought(text.slice(from));
    return text.length;
  }

  /** @returns where to continue; the end of the text if the rest is pending */
  private readText(text: string, start: number): number {
    let from = start;
    if (this.afterThought) {
      from = skipLineBreaks(text, from);
      if (from === text.length) return from;
      const tag = text.slice(from, from + LONGEST);
      const closing = CLOSING.exec(tag);
      if (closing) return from + closing[0].length;
      if (isBeginning(tag, CLOSINGS)) return this.wait(text, from);
      this.afterThought = false;
    }
    for (let at = from; at < text.length;) {
      if (this.atLineStart) {
        while (text[at] === ' ' || text[at] === '\t') at++;
        const tag = text.slice(at, at + LONGEST);
        const opening = this.fence === '' ? OPENING.exec(tag) : null;
        if (opening) {
          this.emit(text.slice(from, at));
          this.thinking = true;
          this.mayBeUnopened = false;
          return at + opening[0].length;
        }
        if (tag !== '' && isBeginning(tag, this.fence === '' ? STARTS : FENCES)) {
          this.emit(text.slice(from, at));
          return this.wait(text, at);
        }
        this.seeFence(tag);
        this.atLineStart = tag === '';
      }
      at = nextStop(text, at);
      if (at === text.length) break;
      if (text[at] === '\n') {
        this.atLineStart = true;
      } else if (this.mayBeUnopened && this.fence === '' && !QUOTES.includes(text[at - 1] ?? this.lastCharacter)) {
        const tag = text.slice(at, at + LONGEST);
        const closing = CLOSING.exec(tag);
        if (closing || isBeginning(tag, CLOSINGS)) this.emit(text.slice(from, at));
        if (closing) {
          if (this.lastCharacter !== '') this.sink.unopened();
          this.thoughtEnds();
          return at + closing[0].length;
        }
        if (isBeginning(tag, CLOSINGS)) return this.wait(text, at);
      }
      at += 1;
    }
    this.emit(text.slice(from));
    return text.length;
  }

  private seeFence(line: string): void {
    const fence = FENCES.find((mark) => line.startsWith(mark));
    if (fence === undefined) return;
    if (this.fence === '') this.fence = fence;
    else if (this.fence === fence) this.fence = '';
  }

  private thoughtEnds(): void {
    this.mayBeUnopened = false;
    this.afterThought = true;
    this.atLineStart = true;
  }

  private wait(text: string, from: number): number {
    this.pending = text.slice(from);
    return text.length;
  }

  private emit(text: string): void {
    if (text === '') return;
    this.lastCharacter = text[text.length - 1]!;
    this.sink.text(text);
  }
}

/** Whether a piece at the end of a text is a proper prefix of one of these. */
function isBeginning(piece: string, of: readonly string[]): boolean {
  const lower = piece.toLowerCase();
  return of.some((whole) => lower.length < whole.length && whole.startsWith(lower));
}

function nextStop(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x3c) return at;
  }
  return text.length;
}

function skipLineBreaks(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text[at] === '\n' || text[at] === '\r')) at++;
  return at;
}
