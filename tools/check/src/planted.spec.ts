import { describe, expect, it } from 'vitest';
import { checkPlanted, PLANTED } from './planted.mjs';

describe('the boundary rule', () => {
  it('reports every planted violation and accepts the allowed cases', async () => {
    expect(PLANTED.filter(({ refused }) => refused).length).toBeGreaterThan(0);
    expect(await checkPlanted()).toEqual([]);
  }, 60_000);
});
