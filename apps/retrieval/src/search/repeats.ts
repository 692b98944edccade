/** Characters of a text that are compared; of a longer one it is not known whether it repeats another. */
const MAX_LENGTH = 20_000;

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

interface Read {
  words: readonly string[];
  distinct: ReadonlySet<string>;
  /** Of the words, once they were needed. */
  fallbacks?: readonly number[];
}

/**
 * The first `most` texts that say something that no earlier one says: a text repeats another if its words stand there, all of them and in their
 * order. Blanks, punctuation and capitals do not count. One word or number more or elsewhere, as in another version of a document, and it stays.
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
  return words ? { words, distinct: new Set(words) } : undefined;
}

function repeats(own: Read, other: Read): boolean {
  if (own.words.length > other.words.length || own.distinct.size > other.distinct.size) return false;
  for (const word of own.distinct) if (!other.distinct.has(word)) return false;
  own.fallbacks ??= fallbacksOf(own.words);
  return standsIn(own.words, own.fallbacks, other.words);
}

/** Knuth, Morris and Pratt: a search in strings compares again what it has compared, which takes seconds for texts that are made for it. */
function standsIn(part: readonly string[], fallbacks: readonly number[], whole: readonly string[]): boolean {
  let matched = 0;
  for (const word of whole) {
    while (matched > 0 && part[matched] !== word) matched = fallbacks[matched - 1] ?? 0;
    if (part[matched] === word) matched += 1;
    if (matched === part.length) return true;
  }
  return false;
}

/** For each beginning of the words the length of the longest shorter one that it ends with. */
function fallbacksOf(words: readonly string[]): number[] {
  const fallbacks = [0];
  let matched = 0;
  for (const word of words.slice(1)) {
    while (matched > 0 && words[matched] !== word) matched = fallbacks[matched - 1] ?? 0;
    if (words[matched] === word) matched += 1;
    fallbacks.push(matched);
  }
  return fallbacks;
}
