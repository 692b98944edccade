import { type Interval, Runtime } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sweep } from './sweep';

/** Longer than the longest wait between two sweeps. */
const NEXT_MS = 1_500;

describe('a sweep', () => {
  let back: () => void;
  const told: boolean[] = [];
  let work: () => Promise<void>;
  let interval: Interval;
  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    work = async () => undefined;
    const queue = { onBack: (listener: () => void) => (back = listener) };
    interval = sweep(new Runtime({ name: 'work', logLevel: 'silent' }), queue, 'sweep', async (forgotten) => {
      told.push(forgotten);
      await work();
    });
  });
  afterEach(async () => {
    await interval.stop();
    vi.useRealTimers();
  });

  it('is told once that Redis was away', async () => {
    back();
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    expect(told.slice(0, 2)).toEqual([true, false]);
  });

  it('is told again when it failed, and of a Redis that comes back while it runs', async () => {
    work = async () => {
      work = async () => undefined;
      throw new Error('away');
    };
    back();
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    expect(told.slice(0, 2)).toEqual([true, true]);
    told.length = 0;
    work = async () => {
      work = async () => undefined;
      back();
    };
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    expect(told.slice(0, 2)).toEqual([false, true]);
  });
});
