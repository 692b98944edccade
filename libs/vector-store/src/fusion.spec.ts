import { describe, expect, it } from 'vitest';
import { fusedScore, rankScore } from './fusion';

describe('fusedScore', () => {
  it('is 1 for the first in both halves at any weights, and falls with the ranks', () => {
    for (const weight of [0.1, 0.5, 0.9]) expect(fusedScore({ dense: 1, keyword: 1 }, weight)).toBe(1);
    expect(fusedScore({ dense: 2, keyword: 1 }, 0.5)).toBeLessThan(1);
    expect(fusedScore({ keyword: 1 }, 1)).toBe(1);
  });

  it('ranks the first of one half above later hits of both', () => {
    expect(fusedScore({ keyword: 1 }, 0.5)).toBeGreaterThan(fusedScore({ dense: 30, keyword: 30 }, 0.5));
  });

  it('takes three hits of a half with three times the weight for each one of the other', () => {
    const at = (ranks: { dense?: number; keyword?: number }): number => fusedScore(ranks, 0.75);
    expect(at({ keyword: 3 })).toBeCloseTo(at({ dense: 1 }), 10);
    expect(at({ keyword: 6 })).toBeCloseTo(at({ dense: 2 }), 10);
  });

  it('is zero for a half without weight or without a rank', () => {
    expect(rankScore(1, 0)).toBe(0);
    expect(rankScore(undefined, 1)).toBe(0);
  });
});
