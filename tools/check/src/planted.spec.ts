import { describe, expect, it } from 'vitest';
import { checkPlanted, PLANTED } from './planted.mjs';

describe('the boundary rule', () => {
  it('refuses every planted violation and allows what is allowed', async () => {
    expect(PLANTED.filter(({ refused }) => refused).length).toBeGreaterThan(0);
    expect(await checkPlanted()).toEqual([]);
  }, 60_000);
});
