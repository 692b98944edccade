import { queryWords, toGrams } from '@perennial/words';
import { GRAM_MARK, OWNER_MARK } from './lexemes';

/** More words make a search slower without improving it. */
const MAX_TERMS = 16;
/** A word of this length is a gram itself: a row with the gram has a word that contains it. */
const GRAM = 3;

/** A search in Postgres's terms. */
export interface ChatQuery {
  /** A tsquery: every word is present, whole or by its grams, and the row is the user's. */
  tsquery: string;
  /** Words longer than a gram: a row with their grams has to be checked for a word that contains them. */
  parts: string[];
  /** For texts that are not indexed yet: patterns for LIKE and regular expressions. */
  patterns: string[];
  expressions: string[];
  /** The first word as it was typed, for the excerpt of a long text. */
  typed: string;
  /** The words as the index has them, for the snippet. */
  words: string[];
}

/** Undefined if the text has no word. */
export function queryOf(text: string, userId: string): ChatQuery | undefined {
  const words = queryWords(text).slice(0, MAX_TERMS);
  if (words.length === 0) return undefined;
  const typed = (text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).slice(0, MAX_TERMS);
  return {
    tsquery: [quoted(OWNER_MARK + userId), ...words.map(termOf)].join(' & '),
    parts: words.filter((word) => toGrams(word).length > 1 && [...word].length > GRAM),
    patterns: typed.filter(isFoundInParts).map((word) => `%${word}%`),
    expressions: typed.filter((word) => !isFoundInParts(word)).map((word) => `(^|[^[:alnum:]])${word}($|[^[:alnum:]])`),
    typed: typed[0] ?? '',
    words,
  };
}

const isFoundInParts = (word: string): boolean => toGrams(word).length > 0;

/** The word itself, or its grams. */
function termOf(word: string): string {
  const grams = toGrams(word);
  // Pairs of scripts without spaces are lexemes regardless of their neighbours.
  const isPair = grams.length === 2 && [...word].length === 2;
  if (grams.length === 0 || isPair) return quoted(word);
  return `(${quoted(word)} | (${grams.map((gram) => quoted(GRAM_MARK + gram)).join(' & ')}))`;
}

/** Words have letters and digits only, so nothing needs escaping. */
const quoted = (lexeme: string): string => `'${lexeme}'`;
