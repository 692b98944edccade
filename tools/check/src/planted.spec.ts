import { describe, expect, it } from 'vitest';
import { checkPlanted, PLANTED, PLANTED_STYLE, PLANTED_WRAPPED } from './planted.mjs';

describe('the rules of lint', () => {
  it('report every planted violation and accept the allowed cases', async () => {
    expect([...PLANTED, ...PLANTED_STYLE, ...PLANTED_WRAPPED].filter(({ refused }) => refused).length).toBeGreaterThan(
      0,
    );
    expect(await checkPlanted()).toEqual([]);
  }, 60_000);
});
