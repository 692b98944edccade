import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter } from './concurrency-limiter';

describe('the places of a limiter', () => {
  it('are filled in order and never exceeded', async () => {
    const limiter = new ConcurrencyLimiter(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      [0, 1, 2, 3, 4].map((n) =>
        limiter.run(async () => {
          begun.push(n);
          most = Math.max(most, ++running);
          await turn();
          running -= 1;
          return n * 10;
        }),
      ),
    );
    expect({ results, begun, most }).toEqual({ results: [0, 10, 20, 30, 40], begun: [0, 1, 2, 3, 4], most: 2 });
  });

  it('end with the first reason: running work continues, waiting work is refused', async () => {
    const limiter = new ConcurrencyLimiter(1);
    const [running, waiting] = [limiter.run(() => turn('done')), limiter.run(() => turn('never'))];
    limiter.end(new Error('first'));
    limiter.end(new Error('second'));
    expect(await running).toBe('done');
    await expect(waiting).rejects.toThrow('first');
    await expect(limiter.run(() => turn('never'))).rejects.toThrow('first');
  });

  it('are free again after a failure', async () => {
    const limiter = new ConcurrencyLimiter(1);
    await expect(limiter.run(() => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    expect(await limiter.run(() => turn('next'))).toBe('next');
  });

  it('map items in their order, and start no more work after a failure', async () => {
    expect(await new ConcurrencyLimiter(2).map([3, 1, 2], async (n) => turn(n * 10))).toEqual([30, 10, 20]);
    expect(await new ConcurrencyLimiter(2).map([], () => turn(1))).toEqual([]);
    const begun: number[] = [];
    const work = async (n: number): Promise<void> => {
      begun.push(n);
      if (n === 2) throw new Error('broke');
    };
    await expect(new ConcurrencyLimiter(1).map([1, 2, 3], work)).rejects.toThrow('broke');
    expect(begun).toEqual([1, 2]);
  });
});
