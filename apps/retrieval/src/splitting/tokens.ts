import { characterBoundary, Joiner, type Piece, type Range } from './pieces';

/** How many tokens a text has. */
export type CountTokens = (text: string) => number;

/**
 * The words of cl100k_base, as its encoding splits them before it looks at tokens, with a maximum length: merging a word is quadratic in its
 * length, and a line of 50 MB may be one word.
 */
const WORDS =
  /'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}{1,128}|\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,128}[\r\n]{0,128}|\s{0,128}[\r\n]{1,128}|\s{1,128}/giu;

const CACHED_WORDS = 50_000;

/** Loads the vocabulary (0.3 s, 40 MiB); the counts of frequent words are kept. */
export async function loadTokenCounter(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base');
  const cache = new Map<string, number>();
  // A document may contain the text of a special token: it is text like any other.
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const count = countTokens(text, options);
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(text, count);
    return count;
  };
}

/**
 * Splits a range of a text into ranges of at most `size` tokens, between words: the tokens of a range are those of its words, so that no
 * character is cut. Linear in the length of the range.
 */
export function* tokenRanges(
  text: string,
  range: Range,
  size: number,
  overlap: number,
  count: CountTokens,
): Generator<Range> {
  const joiner = new Joiner(size, overlap);
  for (const piece of pieces(text, range, size, count)) {
    const full = joiner.add(piece.start, piece.end, piece.size);
    if (full) yield full;
  }
  const rest = joiner.end();
  if (rest) yield rest;
}

/** The tokens of a range, counted word by word. */
export function tokensOf(text: string, range: Range, count: CountTokens): number {
  let tokens = 0;
  for (const word of words(text, range)) tokens += count(text.slice(word.start, word.end));
  return tokens;
}

function* words(text: string, range: Range): Generator<Range> {
  const part = text.slice(range.start, range.end);
  for (const match of part.matchAll(WORDS)) {
    const start = range.start + match.index;
    yield { start, end: start + match[0].length };
  }
}

function* pieces(text: string, range: Range, size: number, count: CountTokens): Generator<Piece> {
  for (const word of words(text, range)) yield* halved(text, word, size, count);
}

/** The range, or its halves when it has more tokens than a chunk may. */
function* halved(text: string, range: Range, size: number, count: CountTokens): Generator<Piece> {
  const tokens = count(text.slice(range.start, range.end));
  const middle = characterBoundary(text, Math.ceil((range.start + range.end) / 2));
  if (tokens <= size || middle <= range.start || middle >= range.end) {
    yield { ...range, size: tokens };
    return;
  }
  yield* halved(text, { start: range.start, end: middle }, size, count);
  yield* halved(text, { start: middle, end: range.end }, size, count);
}
