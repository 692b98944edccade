/** Characters of a text that are compared; of a longer one it is not known whether it repeats another. */
const MAX_LENGTH = 20_000;
/** Length of the pieces that two texts must have in common, and how far they lie apart. */
const PIECE = 12;
const STEP = 6;
/** Share of a text's pieces that another must have. */
const SAME = 0.9;

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

interface Read {
  words: ReadonlySet<string>;
  /** The words with one blank between them. */
  text: string;
}

/**
 * The first `most` texts that say something that no earlier one says: a text repeats another if it has no word of its own and nine tenths of it
 * stand there as they are. So one that differs in a number or a name stays.
 */
export function withoutRepeats<T extends { text: string }>(items: readonly T[], most: number): T[] {
  const kept: T[] = [];
  const known: Read[] = [];
  for (const item of items) {
    if (kept.length >= most) break;
    const own = read(item.text);
    if (own && known.some((other) => repeats(own, other))) continue;
    kept.push(item);
    if (own) known.push(own);
  }
  return kept;
}

function read(text: string): Read | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const words = text.toLowerCase().match(WORDS);
  return words ? { words: new Set(words), text: words.join(' ') } : undefined;
}

function repeats({ words, text }: Read, other: Read): boolean {
  if (words.size > other.words.size) return false;
  for (const word of words) if (!other.words.has(word)) return false;
  let pieces = 0;
  let same = 0;
  for (let at = 0; at === 0 || at + PIECE <= text.length; at += STEP) {
    pieces += 1;
    if (other.text.includes(text.slice(at, at + PIECE))) same += 1;
  }
  return same >= pieces * SAME;
}
