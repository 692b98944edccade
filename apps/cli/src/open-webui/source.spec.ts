import { describe, expect, it } from 'vitest';
import { seconds } from './source';

describe('a time of the other product', () => {
  it.each([
    [1_700_000_000, 1_700_000_000],
    [1_700_000_000_123, 1_700_000_000],
    [1.7e18, 1_700_000_000],
    ['1700000000', 1_700_000_000],
    [-1, 0],
    [null, 0],
    ['soon', 0],
    [Infinity, 0],
  ])('%s is %i', (stored, expected) => {
    expect(seconds(stored)).toBe(expected);
  });
});
