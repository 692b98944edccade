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

  it('learns once that Redis was unavailable', async () => {
    back();
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    await vi.advanceTimersByTimeAsync(NEXT_MS);
    expect(told.slice(0, 2)).toEqual([true, false]);
  });

  it('learns it again after a failure, and when Redis returns during a sweep', async () => {
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
