import { describe, expect, it } from 'vitest';
import { parseLifetime } from './lifetime';

describe('parseLifetime', () => {
  it.each([
    ['4w', 2_419_200],
    ['30m', 1_800],
    ['1d12h', 129_600],
    ['1.5h', 5_400],
    ['90s', 90],
  ])('%s is %d seconds', (text, seconds) => expect(parseLifetime(text)).toBe(seconds));

  it.each(['-1', '0'])('%s never expires', (text) => expect(parseLifetime(text)).toBeNull());

  it.each(['', '4', 'w', '4 weeks', '-5m', '1y', '0.1s'])('%j is refused', (text) =>
    expect(parseLifetime(text)).toBeUndefined(),
  );
});
