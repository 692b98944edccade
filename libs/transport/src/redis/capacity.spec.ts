import type { Logger } from '@perennial/runtime';
import { describe, expect, it } from 'vitest';
import { RedisCapacity } from './capacity';

describe('a full Redis', () => {
  it('is logged once when it begins, and once when writes have succeeded for a while', () => {
    const lines: unknown[] = [];
    const keep = (line: unknown): void => void lines.push(line);
    const log = { error: keep, info: keep } as unknown as Logger;
    let now = 1_000;
    const capacity = new RedisCapacity(log, () => now);
    const refusal = new Error("OOM command not allowed when used memory > 'maxmemory'.");
    capacity.wrote();
    capacity.failed(new Error('WRONGTYPE'));
    expect(lines).toEqual([]);
    for (let n = 0; n < 5; n += 1) capacity.failed(refusal);
    expect(capacity.isFull).toBe(true);
    // At its limit one write succeeds and the next does not.
    now = 4_000;
    capacity.wrote();
    capacity.failed(refusal);
    expect(lines).toMatchObject([{ event: 'redis.full' }]);
    now = 9_500;
    capacity.wrote();
    capacity.wrote();
    expect(lines).toMatchObject([{ event: 'redis.full' }, { event: 'redis.writable', full_ms: 8_500 }]);
    expect(capacity.isFull).toBe(false);
  });
});
