import { characterBoundary, Joiner, type Range } from './pieces';

/** Paragraphs, then lines, then words. Longer pieces are cut anywhere. */
const SEPARATORS = ['\n\n', '\n', ' '] as const;

/**
 * Splits a range of a text into ranges of at most `size` characters, at paragraphs if possible, then at lines, then at words, then anywhere
 * but within a character. Together they cover all of it. Linear in the length of the range.
 */
export function* characterRanges(
  text: string,
  range: Range,
  size: number,
  overlap: number,
  level = 0,
): Generator<Range> {
  if (range.end - range.start <= size) {
    if (range.end > range.start) yield range;
    return;
  }
  let separator = SEPARATORS[level];
  while (separator !== undefined && !occurs(text, separator, range)) separator = SEPARATORS[++level];
  if (separator === undefined) {
    yield* windows(text, range, size, overlap);
    return;
  }
  const joiner = new Joiner(size, overlap);
  let start = range.start;
  while (start < range.end) {
    // A piece keeps the separator that it begins with.
    const found = text.indexOf(separator, start === range.start ? start + 1 : start + separator.length);
    const end = found === -1 || found > range.end ? range.end : found;
    const isShort = end - start <= size;
    const full = isShort ? joiner.add(start, end, end - start) : joiner.end();
    if (full) yield full;
    if (!isShort) yield* characterRanges(text, { start, end }, size, overlap, level + 1);
    start = end;
  }
  const rest = joiner.end();
  if (rest) yield rest;
}

/** Whether a cut at the separator would leave something before it: a paragraph's own first line break does not count. */
function occurs(text: string, separator: string, range: Range): boolean {
  const at = text.indexOf(separator, range.start + 1);
  return at !== -1 && at < range.end;
}

/** Windows of `size` characters, each `size - overlap` further on. */
function* windows(text: string, range: Range, size: number, overlap: number): Generator<Range> {
  let start = range.start;
  for (;;) {
    const wanted = Math.min(start + size, range.end);
    let end = characterBoundary(text, wanted);
    // A size of one does not cut a character of two.
    if (end <= start) end = Math.min(start + 2, range.end);
    yield { start, end };
    if (end >= range.end) return;
    const next = characterBoundary(text, end - overlap);
    start = next > start ? next : end;
  }
}
