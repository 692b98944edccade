import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capturing } from '../../test/capturing';
import { Drain } from './drain';
import { every } from './every';

describe('Drain', () => {
  it('runs the hooks of a phase one after another, in the order in which they were added', async () => {
    const { log } = capturing();
    const drain = new Drain(log);
    const order: string[] = [];
    drain.add('work', 'slow', async () => {
      await sleep(20);
      order.push('slow');
    });
    drain.add('intake', 'first', () => void order.push('first'));
    drain.add('work', 'quick', () => void order.push('quick'));
    for (const phase of ['intake', 'work', 'close'] as const)
      expect(await drain.run(phase, performance.now() + 60_000)).toEqual([]);
    expect(order).toEqual(['first', 'slow', 'quick']);
  });

  it('continues after a hook that fails or hangs, and names it', async () => {
    const { log, lines } = capturing();
    const drain = new Drain(log);
    let seen: AbortSignal | undefined;
    let last = false;
    drain.add('work', 'fails', () => Promise.reject(new Error('no')));
    drain.add('work', 'hangs', ({ signal }) => {
      seen = signal;
      return new Promise(() => undefined);
    });
    drain.add('work', 'last', ({ remainingMs }) => void (last = remainingMs === 0));
    expect(await drain.run('work', performance.now() + 50)).toEqual(['fails', 'hangs']);
    expect(seen?.aborted).toBe(true);
    expect(last).toBe(true);
    expect(lines.map((line) => line['hook'])).toEqual(['fails', 'hangs']);
  });

  it('has the same time when the clock jumps', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const drain = new Drain(capturing().log);
    let left = 0;
    drain.add('work', 'jumps', () => void vi.setSystemTime(Date.now() + 3_600_000));
    drain.add('work', 'next', ({ remainingMs }) => void (left = remainingMs));
    await drain.run('work', performance.now() + 60_000);
    vi.useRealTimers();
    expect(left).toBeGreaterThan(0);
  });
});

describe('every', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('never overlaps: the wait begins when a run has ended', async () => {
    const { log } = capturing();
    let running = 0;
    let most = 0;
    let runs = 0;
    const interval = every(
      10,
      async () => {
        most = Math.max(most, ++running);
        await sleepFake(35);
        running -= 1;
        runs += 1;
      },
      { name: 'slow', log, jitter: 0 },
    );
    await vi.advanceTimersByTimeAsync(180);
    expect({ most, runs }).toEqual({ most: 1, runs: 4 });
    const stopping = interval.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopping;
    expect(runs).toBe(4);
  });

  it('stop() aborts the run in progress and waits for it', async () => {
    const { log } = capturing();
    let aborted = false;
    const interval = every(
      10,
      async (signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted = true;
      },
      { name: 'long', log, immediately: true },
    );
    await vi.advanceTimersByTimeAsync(1);
    await interval.stop();
    expect(aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('logs the first failure, later ones rarely, and the recovery once', async () => {
    const { log, lines } = capturing();
    let broken = true;
    const interval = every(
      100,
      () => {
        if (broken) throw new Error('away');
      },
      { name: 'poll', log, jitter: 0 },
    );
    await vi.advanceTimersByTimeAsync(61_000);
    expect(lines.map((line) => line['failures'])).toEqual([1, 301, 601]);
    broken = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines.slice(3)).toMatchObject([{ level: 'info', msg: 'repeated work recovered', failures: 610 }]);
    await interval.stop();
  });

  it('runs at once when triggered, and once more when triggered while it runs', async () => {
    const { log } = capturing();
    let runs = 0;
    const interval = every(
      60_000,
      async () => {
        runs += 1;
        await sleepFake(10);
      },
      { name: 'poll', log },
    );
    interval.trigger();
    await vi.advanceTimersByTimeAsync(5);
    interval.trigger();
    interval.trigger();
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toBe(2);
    await interval.stop();
    interval.trigger();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('spreads replicas by its jitter', async () => {
    const { log } = capturing();
    const at: number[] = [];
    const began = Date.now();
    const intervals = Array.from({ length: 20 }, () =>
      every(1_000, () => void at.push(Date.now() - began), { name: 'p', log, jitter: 0.5 }),
    );
    await vi.advanceTimersByTimeAsync(1_500);
    expect(Math.max(...at.slice(0, 20)) - Math.min(...at.slice(0, 20))).toBeGreaterThan(200);
    await Promise.all(intervals.map((interval) => interval.stop()));
  });
});

const sleepFake = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
