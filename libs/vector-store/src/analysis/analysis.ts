import { unfoldedForms, type Words, wordsOf } from '@perennial/words';
import { identifierWords } from './identifiers';
import { type Language, languageOf, UNKNOWN } from './languages';

/** More do not improve a query. */
const MAX_TERMS = 64;
/** Of them for names, codes and numbers, which tell most: the words of a long question leave them this much room. */
const MAX_IDENTIFIERS = 32;

/** Of a query; as many terms of the greatest length. The process answers nobody else while it reads. */
const MAX_QUERY_LENGTH = MAX_TERMS * 64;
/** A shorter word is its own stem. */
const MIN_STEMMED = 4;
const LETTERS_ONLY = /^\p{L}+$/u;

/** A term of a query. A text has it if it has one of its forms. */
export type QueryTerm = readonly string[];

/**
 * The words of a text as a store keeps them: as they are written, their stems in the text's language, and those of identifiers. All are words
 * of one kind: an index that was made before there were stems is still searched by the words, and finds less until it is made again.
 */
export function indexWords(text: string): Words {
  const words = wordsOf(text);
  const language = languageOf([...words.keys()]) ?? UNKNOWN;
  const all = new Map(words);
  for (const [word, count] of words) {
    const stem = stemOf(word, language);
    if (stem !== word) all.set(stem, (all.get(stem) ?? 0) + count);
  }
  for (const word of identifierWords(text)) if (!all.has(word)) all.set(word, 1);
  return all;
}

/**
 * The terms of a query, without the stop words of its language, which would select texts that match "how do I" only; with them, if nothing
 * else is left.
 */
export function queryTerms(query: string): QueryTerm[] {
  const text = query.slice(0, MAX_QUERY_LENGTH);
  const words = [...wordsOf(text).keys()];
  const language = languageOf(words);
  const telling = language ? words.filter((word) => !language.stopWords.has(word)) : words;
  const asked = (telling.length === 0 ? words : telling).slice(0, MAX_TERMS);
  const unfolded = unfoldedForms(text, asked);
  const identifiers = identifierWords(text).slice(0, MAX_IDENTIFIERS);
  const terms = new Map<string, QueryTerm>();
  const known = new Set<string>();
  const add = (added: readonly string[], most: number): void => {
    for (const word of added) {
      if (terms.size >= most) return;
      if (known.has(word)) continue;
      const forms = [...new Set([word, stemOf(word, language ?? UNKNOWN)])].filter((form) => !known.has(form));
      for (const form of forms) known.add(form);
      terms.set(word, forms);
    }
  };
  add([...asked, ...unfolded], MAX_TERMS - identifiers.length);
  add(identifiers, MAX_TERMS);
  return [...terms.values()];
}

function stemOf(word: string, { stem }: Pick<Language, 'stem'>): string {
  return word.length >= MIN_STEMMED && LETTERS_ONLY.test(word) ? stem(word) : word;
}
