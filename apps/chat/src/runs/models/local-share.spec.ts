import { beforeEach, describe, expect, it } from 'vitest';
import { LocalShare } from './local-share';

describe('the share of a process while Redis is away', () => {
  let now: number;
  let share: LocalShare;
  beforeEach(() => {
    now = 0;
    share = new LocalShare(() => now);
  });

  it('is that of the processes that have asked lately, and counts what has begun before', () => {
    const limits = { concurrency: 6, perMinute: undefined };
    share.shared('a', 3);
    const end = share.began('a');
    expect(share.take('a', limits)).toHaveProperty('release');
    expect(share.take('a', limits)).toEqual({ waitMs: 250 });
    end();
    end();
    expect(share.take('a', limits)).toHaveProperty('release');
    expect(share.take('a', limits)).toEqual({ waitMs: 250 });
  });

  it('is one request at least, of a connection that allows fewer than there are processes', () => {
    share.shared('a', 8);
    expect(share.take('a', { concurrency: 2, perMinute: undefined })).toHaveProperty('release');
    expect(share.take('a', { concurrency: 2, perMinute: undefined })).toEqual({ waitMs: 250 });
  });

  it('spreads requests over the minute', () => {
    share.shared('a', 2);
    const limits = { concurrency: undefined, perMinute: 12 };
    expect(share.take('a', limits)).toHaveProperty('release');
    expect(share.take('a', limits)).toEqual({ waitMs: 10_000 });
    now += 10_000;
    expect(share.take('a', limits)).toHaveProperty('release');
    expect(share.take('a', limits)).toEqual({ waitMs: 10_000 });
  });
});
