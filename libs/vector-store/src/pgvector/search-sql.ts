import { keywordPart } from '../postgres/keyword-sql';
import type { WeighedWord } from '../postgres/statistics';
import type { Values } from '../postgres/values';
import { indexed, isIndexed, tables } from './schema';

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
  const table = tables.name(collection);
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

const columns = (vector: string): string =>
  `p.id, p.scope, p.file, p.generation, p.ordinal, -(p.vector <#> ${vector}::vector) AS similarity`;

export function denseStatement(parts: DenseParts, limit: number): string {
  return `WITH ${denseParts(parts)}
    SELECT ${columns(parts.vector)} FROM dense JOIN ${tables.name(parts.collection)} p USING (id)
    ORDER BY similarity DESC, p.id LIMIT ${limit}`;
}

/** The best points by their words, with their similarity. */
export function wordsStatement(
  { collection, vector, where, limit }: Pick<DenseParts, 'collection' | 'vector' | 'where' | 'limit'>,
  words: readonly WeighedWord[],
  values: Values,
): string {
  const table = tables.name(collection);
  return `WITH ${keywordPart({ table, where, limit }, words, values)}
    SELECT ${columns(vector)}, score, matched FROM keyword JOIN ${table} p USING (id) ORDER BY score DESC, p.id`;
}
