import { isUnspaced } from '@perennial/words';
import type { QueryTerm } from './analysis/analysis';
import type { WordHit } from './driver';
import type { Hit } from './types';

/** How many candidates of each half are fused for `limit` hits. Those of the words are larger answers. */
export const meaningCandidates = (limit: number): number => Math.max(50, limit);
export const wordCandidates = (limit: number): number => Math.max(30, limit);

/** Half of the range of the cosines that are told apart, in standard deviations. */
const DEVIATIONS = 3;

/**
 * Both halves as one list, the best first. A score is `(1 - weight) * meaning + weight * words`, each 0 … 1:
 *
 * - Meaning: where the cosine is between the mean of the candidates minus and plus three deviations. So no model's range of cosines matters.
 * - Words: which share of the query's terms the hit has, each weighed by its rarity. Not how the hit compares with others: if the best one has
 *   a third of the query by chance, it counts a third, and the meaning decides.
 */
export function fuse(
  meaning: readonly Hit[],
  words: readonly WordHit[],
  terms: readonly QueryTerm[],
  keywordWeight: number,
): Hit[] {
  const candidates = new Map<string, Hit>([...meaning, ...words].map((hit) => [hit.id, hit]));
  const normalised = normaliser(meaning.map(({ similarity }) => similarity));
  const shares = sharesOf(words, terms, candidates.size);
  const rawScores = new Map(words.map(({ id, score }) => [id, score]));
  const raw = ({ id }: Hit): number => rawScores.get(id) ?? 0;
  return [...candidates.values()]
    .map(({ id, scope, fileId, generation, ordinal, similarity }): Hit => {
      const byMeaning = keywordWeight === 1 ? 0 : (1 - keywordWeight) * normalised(similarity);
      const share = shares.get(id) ?? 0;
      const score = byMeaning + keywordWeight * share;
      return { id, scope, fileId, generation, ordinal, similarity, score, words: share };
    })
    .sort((a, b) => b.score - a.score || raw(b) - raw(a) || b.similarity - a.similarity || (a.id < b.id ? -1 : 1));
}

function normaliser(values: readonly number[]): (value: number) => number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const range = 2 * DEVIATIONS * Math.sqrt(variance);
  return (value) => (range > 0 ? Math.min(1, Math.max(0, 0.5 + (value - mean) / range)) : 0.5);
}

/** The weighed share of the terms that each hit has. */
function sharesOf(words: readonly WordHit[], terms: readonly QueryTerm[], candidates: number): Map<string, number> {
  const matched = words.map((hit) => {
    const known = new Set(hit.matched);
    return terms.map((forms) => forms.some((form) => known.has(form)));
  });
  const weights = terms.map((forms, at) => {
    const having = matched.reduce((sum, one) => sum + (one[at] ? 1 : 0), 0);
    // Pairs of characters across two words are in no text. Other unknown words count: without them the query is not met.
    if (having === 0 && forms.every(isUnspaced)) return 0;
    return Math.log(1 + (candidates - having + 0.5) / (having + 0.5));
  });
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const shareOf = (has: readonly boolean[]): number =>
    all === 0 ? 0 : Math.min(1, weights.reduce((sum, weight, at) => sum + (has[at] ? weight : 0), 0) / all);
  return new Map(words.map(({ id }, at) => [id, shareOf(matched[at] ?? [])]));
}

/** The cosine of two vectors of length 1. */
export function dotProduct(a: Float32Array, b: Iterable<number>): number {
  let sum = 0;
  let index = 0;
  for (const value of b) {
    sum += (a[index] ?? 0) * value;
    index += 1;
  }
  return sum;
}
