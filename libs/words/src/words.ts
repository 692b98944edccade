/** The words of a text and how often each occurs. */
export type Words = ReadonlyMap<string, number>;

/** Longer ones are base64 and similar; Postgres refuses lexemes of 2 kB. */
const MAX_WORD_LENGTH = 64;

/** Limits the cost of one chunk in every store. */
const MAX_WORDS = 5_000;

/** More words do not improve a query. */
const MAX_QUERY_WORDS = 64;

const RUN = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts without spaces between words. */
const UNSPACED =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]';
const UNSPACED_ONLY = new RegExp(`^(?:${UNSPACED})+$`, 'u');
const UNSPACED_RUN = new RegExp(`${UNSPACED}+`, 'gu');
const NOT_ASCII = /[^\p{ASCII}]/u;
const ACCENTS = /[\u0300-\u036f]/g;
/** Interchangeable letters that no Unicode normal form unifies. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ٱ: 'ا',
  ة: 'ه',
  ى: 'ي',
};
const FOLDED = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');
/** Arabic vowel signs, which most texts omit, and the stroke that only stretches a word. */
const UNWRITTEN = /[\u064b-\u0652\u0670\u0640]/g;

/**
 * Splits a text into words, in the same way for every store and for queries: lower case, without accents, with one form of interchangeable
 * letters (`ß` and `ss`, `ı` and `i`, `ة` and `ه`), at every character that is neither letter nor digit; scripts without spaces in
 * overlapping pairs of characters. No stemming, which needs a language.
 *
 * @param maxWords distinct words; more are left out
 */
export function wordsOf(text: string, maxWords = MAX_WORDS): Words {
  const counts = new Map<string, number>();
  for (const word of eachWord(text)) {
    const count = counts.get(word);
    if (count === undefined && counts.size >= maxWords) continue;
    counts.set(word, (count ?? 0) + 1);
  }
  return counts;
}

/** The distinct words of a query, in order. */
export function queryWords(text: string): string[] {
  return [...wordsOf(text).keys()].slice(0, MAX_QUERY_WORDS);
}

/**
 * Words of a query in the form of stores that were filled before letters were unified: to be searched beside the unified ones.
 *
 * @param words of the same query, unified
 */
export function unfoldedForms(text: string, words: readonly string[]): string[] {
  const known = new Set(words);
  const forms = new Set(
    [...eachWord(text, (word) => word)].filter((word) => fold(word) !== word && known.has(fold(word))),
  );
  return [...forms].slice(0, MAX_QUERY_WORDS);
}

/** Whether a word is of a script without spaces, so that it is a pair of characters. */
export const isUnspaced = (word: string): boolean => UNSPACED_ONLY.test(word);

const fold = (text: string): string =>
  text.replace(FOLDED, (letter) => LETTERS[letter] ?? letter).replace(UNWRITTEN, '');

function* eachWord(text: string, foldLetters = fold): Generator<string> {
  if (!NOT_ASCII.test(text)) {
    for (const [run] of text.toLowerCase().matchAll(/[a-z0-9]+/g)) yield run.slice(0, MAX_WORD_LENGTH);
    return;
  }
  const folded = foldLetters(text.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC').toLowerCase());
  for (const [run] of folded.matchAll(RUN)) {
    let from = 0;
    for (const match of run.matchAll(UNSPACED_RUN)) {
      if (match.index > from) yield run.slice(from, match.index).slice(0, MAX_WORD_LENGTH);
      yield* pairs(match[0]);
      from = match.index + match[0].length;
    }
    if (from < run.length) yield run.slice(from).slice(0, MAX_WORD_LENGTH);
  }
}

function* pairs(run: string): Generator<string> {
  const characters = [...run];
  if (characters.length === 1) yield run;
  for (let i = 0; i + 1 < characters.length; i += 1) yield `${characters[i]}${characters[i + 1]}`;
}
