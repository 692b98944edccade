import { setImmediate as nextTurn } from 'node:timers/promises';
import { toGrams, wordsOf } from '@perennial/words';

/** Characters that are split into words before the event loop continues: some milliseconds. */
const SLICE = 32_768;
/** Postgres allows 1 MB of lexemes in one tsvector. */
const MAX_BYTES = 900_000;

/** Prefixes that distinguish grams and users from words, which have letters and digits only. */
export const GRAM_MARK = '~';
export const OWNER_MARK = '@';

/**
 * The lexemes of a text: its words, their grams, and its owner. With the owner among them a search reads only the owner's rows, however
 * common a word is among all users.
 */
export async function lexemesOf(text: string, userId: string): Promise<string[]> {
  const lexemes = new Set([OWNER_MARK + userId]);
  let bytes = 0;
  const add = (lexeme: string): void => {
    if (lexemes.has(lexeme)) return;
    bytes += Buffer.byteLength(lexeme);
    if (bytes <= MAX_BYTES) lexemes.add(lexeme);
  };
  for (const slice of slicesOf(text)) {
    for (const word of wordsOf(slice, Infinity).keys()) {
      add(word);
      for (const gram of toGrams(word)) add(GRAM_MARK + gram);
    }
    if (slice.length < text.length) await nextTurn();
  }
  return [...lexemes];
}

/**
 * Cut at white space if there is some. Otherwise pieces overlap by a character, so that a pair across the cut is kept.
 */
function* slicesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + SLICE);
    if (to < text.length) {
      const space = text.slice(to - 256, to).search(/\s\S*$/);
      if (space > 0) to = to - 256 + space;
      else if (isLowSurrogate(text, to)) to -= 1;
    }
    yield text.slice(from, to);
    if (to === text.length) return;
    from = /\s/.test(text[to] ?? '') ? to : to - (isLowSurrogate(text, to - 1) ? 2 : 1);
  }
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
