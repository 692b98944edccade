import { stemmer as danishStem } from '@orama/stemmers/danish';
import { stemmer as dutchStem } from '@orama/stemmers/dutch';
import { stemmer as englishStem } from '@orama/stemmers/english';
import { stemmer as finnishStem } from '@orama/stemmers/finnish';
import { stemmer as frenchStem } from '@orama/stemmers/french';
import { stemmer as germanStem } from '@orama/stemmers/german';
import { stemmer as italianStem } from '@orama/stemmers/italian';
import { stemmer as norwegianStem } from '@orama/stemmers/norwegian';
import { stemmer as portugueseStem } from '@orama/stemmers/portuguese';
import { stemmer as russianStem } from '@orama/stemmers/russian';
import { stemmer as spanishStem } from '@orama/stemmers/spanish';
import { stemmer as swedishStem } from '@orama/stemmers/swedish';
import { stemmer as turkishStem } from '@orama/stemmers/turkish';
import { stemmer as ukrainianStem } from '@orama/stemmers/ukrainian';
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
import { LRUCache } from 'lru-cache';

export interface Language {
  stopWords: ReadonlySet<string>;
  /** The part that the forms of a word have in common. */
  stem: (word: string) => string;
}

/** A stem takes longer than all else that is done for a word, and few words make up most of a text. */
const MAX_STEMS = 20_000;

function language(stopWords: readonly string[], stem: Language['stem']): Language {
  const known = new LRUCache<string, string>({ max: MAX_STEMS });
  return {
    stopWords: new Set(wordsOf(stopWords.join(' ')).keys()),
    stem: (word) => {
      let found = known.get(word);
      if (found === undefined) {
        found = ofItsOwn(stem(word));
        known.set(ofItsOwn(word), found);
      }
      return found;
    },
  };
}

/** A copy: a part of a string keeps the whole string in memory, here the text in which a word was met first. */
const ofItsOwn = (part: string): string => Buffer.from(part).toString();

const ENGLISH = language([...english, 'a'], englishStem);
/** Of a text that is too short to tell, or has no words with forms. */
export const UNKNOWN = ENGLISH;
/** In order of preference if two languages have equally many words in a text. */
const LANGUAGES: readonly Language[] = [
  ENGLISH,
  language(german, germanStem),
  language(french, frenchStem),
  language(spanish, spanishStem),
  language(italian, italianStem),
  language(portuguese, portugueseStem),
  language(dutch, dutchStem),
  language(swedish, swedishStem),
  language(danish, danishStem),
  language(norwegian, norwegianStem),
  language(finnish, finnishStem),
  language(turkish, turkishStem),
  language(russian, russianStem),
  language(ukrainian, ukrainianStem),
];

/** This many stop words identify a language: a single one ("war", "die", "hat") may be a word of another. */
const TELLING = 2;

/** By word, the places of the languages in which it is a stop word. */
const STOP_WORDS = new Map<string, number[]>();
for (const [place, { stopWords }] of LANGUAGES.entries())
  for (const word of stopWords) STOP_WORDS.set(word, [...(STOP_WORDS.get(word) ?? []), place]);

/** The language with the most stop words among these distinct words; undefined if that is too few to tell. */
export function languageOf(words: readonly string[]): Language | undefined {
  const counts = LANGUAGES.map(() => 0);
  for (const word of words) for (const place of STOP_WORDS.get(word) ?? []) counts[place] = (counts[place] ?? 0) + 1;
  const most = Math.max(...counts);
  return most < TELLING ? undefined : LANGUAGES[counts.indexOf(most)];
}
