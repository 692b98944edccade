import { isUnspaced } from './words';

const GRAM = 3;

/**
 * The grams by which a word is found from a part of it: its trigrams, or the single characters of scripts without spaces. A shorter word has
 * none. A text that contains a part of three characters or more has all its grams; the reverse need not be true.
 *
 * @param word as `wordsOf` splits it
 */
export function toGrams(word: string): string[] {
  const characters = [...word];
  if (isUnspaced(word)) return characters;
  const grams: string[] = [];
  for (let at = 0; at + GRAM <= characters.length; at += 1) grams.push(characters.slice(at, at + GRAM).join(''));
  return grams;
}
