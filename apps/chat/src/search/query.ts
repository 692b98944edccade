import { queryWords, toGrams } from '@perennial/words';
import { GRAM_MARK, OWNER_MARK } from './lexemes';

/** More words make a search dearer and no clearer. */
const MAX_TERMS = 16;
/** A word of this length is a gram itself: where the gram is, the word is a part of a word. */
const GRAM = 3;

/** A search, as Postgres is asked. */
export interface ChatQuery {
  /** A tsquery: every word is there, whole or by its grams, and the row is the user's. */
  tsquery: string;
  /** Words that are longer than a gram: of a row that has their grams it has to be verified that a word holds them. */
  parts: string[];
  /** For texts that have no index yet: what LIKE and a regular expression must find. */
  patterns: string[];
  expressions: string[];
  /** The words as they were typed, for the snippet. */
  typed: string[];
}

/** Undefined: there is no word in the text. */
export function queryOf(text: string, userId: string): ChatQuery | undefined {
  const words = queryWords(text).slice(0, MAX_TERMS);
  if (words.length === 0) return undefined;
  const typed = (text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).slice(0, MAX_TERMS);
  return {
    tsquery: [quoted(OWNER_MARK + userId), ...words.map(termOf)].join(' & '),
    parts: words.filter((word) => toGrams(word).length > 1 && [...word].length > GRAM),
    patterns: typed.filter(isFoundInParts).map((word) => `%${word}%`),
    expressions: typed.filter((word) => !isFoundInParts(word)).map((word) => `(^|[^[:alnum:]])${word}($|[^[:alnum:]])`),
    typed,
  };
}

const isFoundInParts = (word: string): boolean => toGrams(word).length > 0;

/** The word itself, or its grams. */
function termOf(word: string): string {
  const grams = toGrams(word);
  // Pairs of scripts without spaces are lexemes whatever stands beside them.
  const isPair = grams.length === 2 && [...word].length === 2;
  if (grams.length === 0 || isPair) return quoted(word);
  return `(${quoted(word)} | (${grams.map((gram) => quoted(GRAM_MARK + gram)).join(' & ')}))`;
}

/** Words hold letters and digits only, so there is nothing to escape. */
const quoted = (lexeme: string): string => `'${lexeme}'`;
