import { describe, expect, it } from 'vitest';
import { FadingCounts } from './fading-counts';

describe('what has happened lately', () => {
  it('is counted by key, and is nothing for a new one', () => {
    const counts = new FadingCounts(10_000, () => 0);
    for (let n = 0; n < 30; n += 1) counts.add('heavy');
    for (let n = 0; n < 10; n += 1) counts.add('light');
    expect(['heavy', 'light', 'new'].map((user) => counts.of(user))).toEqual([30, 10, 0]);
  });

  it('fades, and is right after hours', () => {
    let now = 0;
    const counts = new FadingCounts(10_000, () => now);
    for (let hour = 0; hour < 3; hour += 1) {
      for (let n = 0; n < 50; n += 1) counts.add('earlier');
      now += 60_000;
      for (let n = 0; n < 5; n += 1) counts.add('now');
      expect(counts.of('now')).toBeCloseTo(5);
      expect(counts.of('earlier')).toBeLessThan(0.2);
      now += 3_600_000;
    }
  });
});
