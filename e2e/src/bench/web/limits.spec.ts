import { describe, expect, it } from 'vitest';
import { missedCounts, ROWS } from './limits';

describe('the limits of the page', () => {
  const figures = Object.fromEntries(ROWS.map(({ name, limit = 0 }) => [name, limit]));

  it('are missed by a count that is over its limit, or was not taken', () => {
    expect(missedCounts(figures)).toEqual([]);
    expect(missedCounts({ ...figures, axe: 1, requests: 7 })).toEqual(['requests', 'axe']);
    const { layout_shift: _, ...others } = figures;
    expect(missedCounts(others)).toEqual(['layout_shift']);
  });

  it('are not missed by a time: machines differ', () => {
    expect(missedCounts({ ...figures, box_cold_ms: 9_000, key_to_paint_p95_ms: 900 })).toEqual([]);
  });
});
