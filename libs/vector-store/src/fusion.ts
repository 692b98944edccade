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
