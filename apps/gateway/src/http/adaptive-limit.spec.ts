import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit';

describe('a limit of concurrency that follows the capacity', () => {
  let now: number;
  let limit: AdaptiveLimit;
  beforeEach(() => {
    now = 0;
    limit = new AdaptiveLimit({ least: 4, most: 1_000, first: 1_000, targetMs: 100, now: () => now });
  });

  /** A server that does `perSecond` pieces of work one after another, with as much work at once as the limit admits. */
  function serve(perSecond: number, seconds: number): number {
    const busy: (() => void)[] = [];
    for (const end = now + seconds * 1_000; now < end; now += 1_000 / perSecond) {
      while (limit.inFlight < limit.limit) {
        const leave = limit.begin();
        busy.push(() => leave('done'));
      }
      busy.shift()?.();
    }
    const { limit: reached } = limit;
    for (const leave of busy) leave();
    return reached;
  }

  it('settles where the work takes as long as it may', () => {
    const reached = serve(500, 60);
    expect(reached).toBeGreaterThan(25);
    expect(reached).toBeLessThan(75);
  });

  it('follows the capacity down and up', () => {
    const before = serve(500, 60);
    const slow = serve(50, 60);
    expect(slow).toBeLessThan(before / 3);
    expect(serve(500, 60)).toBeGreaterThan(slow * 2);
  });

  function shrink(): void {
    for (let n = 0; n < 1_000; n += 1) {
      const leave = limit.begin();
      now += 50;
      leave('dropped');
    }
  }

  it('absorbs a burst: only a queue that stands makes it shrink', () => {
    const burst = (ms: number): void => {
      const leaves = Array.from({ length: 200 }, () => limit.begin());
      now += ms;
      for (const leave of leaves) leave('done');
    };
    burst(250);
    for (let n = 0; n < 10; n += 1) burst(50);
    expect(limit.limit).toBe(1_000);
    for (let n = 0; n < 6; n += 1) burst(250);
    expect(limit.limit).toBeLessThan(200);
  });

  it('shrinks when work is dropped, and never below the least', () => {
    shrink();
    expect(limit.limit).toBe(4);
  });

  it('does not grow while its places are not used, and learns nothing from ignored work', () => {
    shrink();
    for (let n = 0; n < 1_000; n += 1) {
      const leave = limit.begin();
      now += 1;
      leave('done');
      const other = limit.begin();
      now += 5_000;
      other('ignored');
    }
    expect(limit.limit).toBe(4);
  });

  it('shrinks once for the work that had begun before', () => {
    const leaves = Array.from({ length: 200 }, () => limit.begin());
    for (const leave of leaves) {
      now += 100;
      leave('done');
    }
    expect(limit.limit).toBe(160);
  });

  it('forgets what is not used for long, down to where it began', () => {
    limit = new AdaptiveLimit({ least: 4, most: 1_000, first: 16, targetMs: 100, now: () => now });
    serve(5_000, 60);
    const { limit: grown } = limit;
    expect(grown).toBeGreaterThan(100);
    limit.begin()('done');
    expect(limit.limit).toBe(grown);
    now += 5_001;
    limit.begin()('done');
    expect(Math.abs(limit.limit - grown / 2)).toBeLessThanOrEqual(1);
    now += 3_600_000;
    limit.begin()('done');
    expect(limit.limit).toBe(16);
    // It comes back within seconds, where it would take a minute to grow from nothing.
    serve(5_000, 3);
    expect(limit.limit).toBeGreaterThanOrEqual(grown);
    shrink();
    now += 3_600_000;
    limit.begin()('done');
    expect(limit.limit).toBe(4);
  });

  it('ends a piece of work once', () => {
    const leave = limit.begin();
    leave('done');
    leave('ignored');
    expect(limit.inFlight).toBe(0);
  });
});
