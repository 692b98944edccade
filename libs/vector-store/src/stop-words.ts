import { stopwords as danish } from '@orama/stopwords/danish';
import { stopwords as dutch } from '@orama/stopwords/dutch';
import { stopwords as english } from '@orama/stopwords/english';
import { stopwords as finnish } from '@orama/stopwords/finnish';
import { stopwords as french } from '@orama/stopwords/french';
import { stopwords as german } from '@orama/stopwords/german';
import { stopwords as italian } from '@orama/stopwords/italian';
import { stopwords as norwegian } from '@orama/stopwords/norwegian';
import { stopwords as portuguese } from '@orama/stopwords/portuguese';
import { stopwords as russian } from '@orama/stopwords/russian';
import { stopwords as spanish } from '@orama/stopwords/spanish';
import { stopwords as swedish } from '@orama/stopwords/swedish';
import { stopwords as turkish } from '@orama/stopwords/turkish';
import { stopwords as ukrainian } from '@orama/stopwords/ukrainian';
import { wordsOf } from '@perennial/words';

/** In order of preference if two languages have equally many words in a query. */
const LANGUAGES: ReadonlySet<string>[] = [
  [...english, 'a'],
  german,
  french,
  spanish,
  italian,
  portuguese,
  dutch,
  swedish,
  danish,
  norwegian,
  finnish,
  turkish,
  russian,
  ukrainian,
].map((words) => new Set(wordsOf(words.join(' ')).keys()));

/** This many stop words identify a language: a single one ("war", "die", "hat") may be a word of another. */
const TELLING = 2;

/**
 * The content words of a query: stop words are left out, of the language with the most of them in the query. A fusion by ranks does not know
 * that a hit matched "how do I" only, so the keyword half would give noise the weight of a real hit. All words if no language is identified,
 * or none would be left.
 */
export function tellingWords(words: readonly string[]): readonly string[] {
  const rest = LANGUAGES.map((stopWords) => words.filter((word) => !stopWords.has(word)));
  const shortest = rest.reduce((best, other) => (other.length < best.length ? other : best));
  return shortest.length === 0 || words.length - shortest.length < TELLING ? words : shortest;
}
