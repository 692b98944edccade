import type { Words } from '@perennial/words';
import type { Row } from './database';
import type { WeighedWord } from './statistics';
import type { Values } from './values';

/** Points whose rows are read for ranking by words; the rarest words choose them. */
const MAX_RANKED = 4_000;

/** The words that choose the candidates: from the rarest on, until they choose enough. */
export function choosingWords(words: readonly WeighedWord[]): WeighedWord[] {
  const chosen: WeighedWord[] = [];
  let documents = 0;
  for (const word of [...words].sort((a, b) => a.documents - b.documents)) {
    if (chosen.some((one) => one.documents > 0) && documents + word.documents > MAX_RANKED) break;
    chosen.push(word);
    documents += word.documents;
  }
  return chosen;
}

/**
 * CTE `keyword(id, score, matched)`: the best points by their words, and the places (from 1) of the words that they have. `ts_rank` of a
 * single word saturates with its count and divides by the length, like BM25; multiplied by the word's rarity and summed it orders like BM25.
 */
export function keywordPart(
  { table, where, limit }: { table: string; where: string; limit: number },
  words: readonly WeighedWord[],
  values: Values,
): string {
  const any = choosingWords(words).map(({ word }) => `'${word}'`);
  const lexemes = words.map(({ word }) => `${values.add(`'${word}'`)}::tsquery`);
  const score = words.map(({ idf }, at) => `ts_rank('{1,1,1,1}', bag, ${lexemes[at]}, 1) * ${values.add(idf)}::float8`);
  const place = lexemes.map((lexeme, at) => `CASE WHEN bag @@ ${lexeme} THEN ${at + 1} END`);
  return `
    keyword AS MATERIALIZED (
      SELECT id, score, array_remove(ARRAY[${place.join(', ')}], NULL) AS matched FROM (
        SELECT id, bag, ${score.join(' + ')} AS score
        FROM ${table}
        -- Unpacked once, not once for each word.
        CROSS JOIN LATERAL (SELECT setweight(words, 'D') AS bag OFFSET 0) unpacked
        WHERE ${where} AND words @@ ${values.add(any.join(' | '))}::tsquery
        ORDER BY score DESC, id LIMIT ${limit}
      ) best
    )`;
}

/** Positions that a tsvector keeps of one word. */
const MAX_POSITIONS = 255;

/** A tsvector whose positions only count: `'word':1,2,3` is a word that occurs three times. */
export function wordsText(words: Words): string {
  const parts: string[] = [];
  for (const [word, count] of words) {
    const positions = Array.from({ length: Math.min(count, MAX_POSITIONS) }, (_, index) => index + 1);
    parts.push(`'${word}':${positions.join(',')}`);
  }
  return parts.join(' ');
}

/** The words at the places that a row of `keyword` names. */
export function matchedWords(row: Row, words: readonly WeighedWord[]): string[] {
  return (row['matched'] as number[]).flatMap((place) => words[place - 1]?.word ?? []);
}
