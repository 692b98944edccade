/**
 * Rank constant of the fusion, in all stores. Lower than the usual 60, so that the first place in one half alone (a part number that no
 * embedding knows) ranks above the twentieth in both.
 */
export const RRF_K = 20;

/** How many candidates of each half are fused for `limit` hits. */
export const candidatesFor = (limit: number): number => Math.max(50, limit * 3);

/** The weights of both halves for `keywordWeight`; both are 1 at 0.5. */
export function toWeights(keywordWeight: number): { dense: number; keyword: number } {
  return { dense: 2 * (1 - keywordWeight), keyword: 2 * keywordWeight };
}

/**
 * Weighted reciprocal rank fusion like Qdrant's: ranks (from 1) are divided by the weight, so that a half of three times the weight gives
 * three hits for each one of the other. Zero without a rank.
 */
export function rankScore(rank: number | undefined, weight: number): number {
  return rank === undefined || weight <= 0 ? 0 : 1 / (RRF_K - 1 + rank / weight);
}

/** The score of a hit that is first in both halves; scores are divided by it to be 0 … 1. */
export function bestScore(keywordWeight: number): number {
  const { dense, keyword } = toWeights(keywordWeight);
  return rankScore(1, dense) + rankScore(1, keyword);
}

/** The score of a hit by its ranks (from 1) in both halves, 0 … 1. */
export function fusedScore(ranks: { dense?: number; keyword?: number }, keywordWeight: number): number {
  const { dense, keyword } = toWeights(keywordWeight);
  return (rankScore(ranks.dense, dense) + rankScore(ranks.keyword, keyword)) / bestScore(keywordWeight);
}

/**
 * Both halves, each best first, as one list by fused score. Points of equal score keep their order, those of the dense half first.
 */
export function fuse<T extends { id: string }>(
  meaning: readonly T[],
  words: readonly T[],
  keywordWeight: number,
): (T & { score: number })[] {
  const ranks = new Map<string, { point: T; dense?: number; keyword?: number }>();
  meaning.forEach((point, index) => ranks.set(point.id, { point, dense: index + 1 }));
  words.forEach((point, index) => ranks.set(point.id, { point, ...ranks.get(point.id), keyword: index + 1 }));
  return [...ranks.values()]
    .map(({ point, ...rank }) => ({ ...point, score: fusedScore(rank, keywordWeight) }))
    .sort((a, b) => b.score - a.score);
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
