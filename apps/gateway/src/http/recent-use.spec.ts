import { describe, expect, it } from 'vitest';
import { RecentUse } from './recent-use';

describe('what users have used lately', () => {
  it('is counted by user, and is nothing for whom has used nothing', () => {
    const use = new RecentUse(() => 0);
    for (let n = 0; n < 30; n += 1) use.add('heavy');
    for (let n = 0; n < 10; n += 1) use.add('light');
    expect(['heavy', 'light', 'new'].map((user) => use.count(user))).toEqual([30, 10, 0]);
  });

  it('fades, and is right after hours', () => {
    let now = 0;
    const use = new RecentUse(() => now);
    for (let hour = 0; hour < 3; hour += 1) {
      for (let n = 0; n < 50; n += 1) use.add('earlier');
      now += 60_000;
      for (let n = 0; n < 5; n += 1) use.add('now');
      expect(use.count('now')).toBeCloseTo(5);
      expect(use.count('earlier')).toBeLessThan(0.2);
      now += 3_600_000;
    }
  });
});
