import { describe, expect, it } from 'vitest';
import { RecentUse } from './recent-use';

describe('what users have used lately', () => {
  it('is a share of the average, and nothing for whom has used nothing', () => {
    const use = new RecentUse(() => 0);
    expect(use.share('new')).toBe(0);
    for (let n = 0; n < 30; n += 1) use.add('heavy');
    for (let n = 0; n < 10; n += 1) use.add('light');
    expect(use.share('heavy')).toBe(1);
    expect(use.share('light')).toBe(0.5);
    expect(use.share('new')).toBe(0);
  });

  it('users who use the same have used the average', () => {
    const use = new RecentUse(() => 0);
    for (let user = 0; user < 100; user += 1) for (let n = 0; n < 5; n += 1) use.add(`user ${user}`);
    expect(use.share('user 7')).toBe(1);
  });

  it('fades, and is right after hours', () => {
    let now = 0;
    const use = new RecentUse(() => now);
    for (let hour = 0; hour < 3; hour += 1) {
      for (let n = 0; n < 50; n += 1) use.add('earlier');
      now += 60_000;
      for (let n = 0; n < 5; n += 1) use.add('now');
      expect(use.share('now')).toBe(1);
      expect(use.share('earlier')).toBeLessThan(0.1);
      now += 3_600_000;
    }
  });
});
