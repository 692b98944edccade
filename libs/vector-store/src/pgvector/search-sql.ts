import type { CheckedFilter } from '../driver';
import { RRF_K, toWeights } from '../fusion';
import { indexed, isIndexed, toTableName } from './schema';
import type { WeighedWord } from './statistics';

/** A statement under construction: its values and their numbers. */
export class Values {
  readonly list: unknown[] = [];

  /** @returns `$n` */
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** The WHERE clause of a filter; `true` for the empty one. */
export function toWhere({ scopes, fileIds, generation, generationBelow }: CheckedFilter, values: Values): string {
  const conditions = [
    // A single value lets the planner use the statistics of exactly that scope.
    scopes && (scopes.length === 1 ? `scope = ${values.add(scopes[0])}` : `scope = ANY(${values.add(scopes)}::text[])`),
    fileIds &&
      (fileIds.length === 1 ? `file = ${values.add(fileIds[0])}` : `file = ANY(${values.add(fileIds)}::text[])`),
    generation !== undefined && `generation = ${values.add(generation)}::int`,
    generationBelow !== undefined && `generation < ${values.add(generationBelow)}::int`,
  ].filter((condition) => typeof condition === 'string');
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

export interface DenseParts {
  collection: string;
  dimension: number;
  /** `$n` of the query's vector. */
  vector: string;
  where: string;
  /** Number of ids from this half. */
  limit: number;
  /**
   * Up to this many points in the filter are compared one by one: exact, and faster than a graph whose nodes are mostly filtered out.
   */
  exactUpTo: number;
}

/**
 * The number of points in the filter up to which comparing all is faster. That costs as much as there are; a walk through the graph passes
 * total / matching nodes for each match: both are equal near the root of the total.
 */
export const exactUpTo = (total: number): number =>
  Math.min(40_000, Math.max(2_000, Math.round(Math.sqrt(600 * total))));

/**
 * CTEs that end in `dense(id)`: the nearest matching points. Matching points are counted first, up to the limit; one of two branches then
 * runs (the other is stopped by its constant condition). If the graph returned too few, because most near points are filtered out, all
 * matching points are compared after all.
 */
export function denseParts({ collection, dimension, vector, where, limit, exactUpTo }: DenseParts): string {
  const table = toTableName(collection);
  const exact = (condition: string): string => `
    exact AS MATERIALIZED (
      SELECT id FROM (
        SELECT id, vector <#> ${vector}::vector AS distance FROM ${table} WHERE ${where} AND ${condition} OFFSET 0
      ) compared ORDER BY distance, id LIMIT ${limit}
    )`;
  if (!isIndexed(dimension)) return `${exact('true')}, dense AS (SELECT id FROM exact)`;
  return `
    sight AS MATERIALIZED (
      SELECT count(*) AS points FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ${exactUpTo + 1}) seen
    ),
    near AS MATERIALIZED (
      SELECT id FROM ${table} WHERE ${where} AND (SELECT points FROM sight) > ${exactUpTo}
      ORDER BY ${indexed(dimension)} <#> ${indexed(dimension, vector)} LIMIT ${limit}
    ),
    ${exact(`((SELECT points FROM sight) <= ${exactUpTo} OR (SELECT count(*) FROM near) < ${limit})`)},
    dense AS (SELECT id FROM near UNION SELECT id FROM exact)`;
}

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
 * CTE `keyword(id, rank)`: the best points by their words. `ts_rank` of a single word saturates with its count and divides by the length,
 * like BM25; multiplied by the word's rarity and summed it orders like BM25.
 */
export function keywordPart(
  { collection, where, limit }: { collection: string; where: string; limit: number },
  words: readonly WeighedWord[],
  values: Values,
): string {
  const any = choosingWords(words).map(({ word }) => `'${word}'`);
  const score = words.map(
    ({ word, idf }) => `ts_rank('{1,1,1,1}', bag, ${values.add(`'${word}'`)}::tsquery, 1) * ${values.add(idf)}::float8`,
  );
  return `
    keyword AS MATERIALIZED (
      SELECT id, row_number() OVER (ORDER BY score DESC, id) AS rank FROM (
        SELECT id, ${score.join(' + ')} AS score
        FROM ${toTableName(collection)}
        -- Unpacked once, not once for each word.
        CROSS JOIN LATERAL (SELECT setweight(words, 'D') AS bag OFFSET 0) unpacked
        WHERE ${where} AND words @@ ${values.add(any.join(' | '))}::tsquery
        ORDER BY score DESC, id LIMIT ${limit}
      ) best
    )`;
}

const columns = (vector: string): string =>
  `p.id, p.scope, p.file, p.generation, p.ordinal, -(p.vector <#> ${vector}::vector) AS similarity`;

export function denseStatement(parts: DenseParts, limit: number): string {
  return `WITH ${denseParts(parts)}
    SELECT ${columns(parts.vector)} FROM dense JOIN ${toTableName(parts.collection)} p USING (id)
    ORDER BY similarity DESC, p.id LIMIT ${limit}`;
}

/** Both halves and their fusion (see `fusion.ts`) in one statement. */
export function hybridStatement(
  parts: DenseParts,
  query: { words: readonly WeighedWord[]; keywordWeight: number; limit: number },
  values: Values,
): string {
  const { dense, keyword } = toWeights(query.keywordWeight);
  const table = toTableName(parts.collection);
  const share = (half: string, weight: number): string =>
    weight <= 0 ? '0' : `coalesce(1 / (${RRF_K - 1} + ${half}.rank / ${values.add(weight)}::float8), 0)`;
  return `WITH ${denseParts(parts)}, ${keywordPart(parts, query.words, values)},
    meaning AS (
      SELECT id, row_number() OVER (ORDER BY p.vector <#> ${parts.vector}::vector, id) AS rank
      FROM dense JOIN ${table} p USING (id) WHERE ${dense > 0}
    ),
    fused AS (
      SELECT id, ${share('meaning', dense)} + ${share('keyword', keyword)} AS score
      FROM meaning FULL JOIN keyword USING (id)
    )
    SELECT ${columns(parts.vector)}, score FROM fused JOIN ${table} p USING (id)
    ORDER BY score DESC, similarity DESC, p.id LIMIT ${query.limit}`;
}
