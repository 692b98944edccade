import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wakeAfter, wakeEvery } from './wake-grid';

describe('waking for repeated work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('runs work that is due at about the same time together, and never late', async () => {
    const at: number[] = [];
    const began = performance.now();
    for (const delay of [960, 1_000, 1_040]) wakeAfter(delay, () => at.push(performance.now() - began));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_300);
    expect(at).toHaveLength(3);
    expect(new Set(at).size).toBeLessThanOrEqual(2);
    for (const time of at) expect(Math.abs(time - 1_000)).toBeLessThanOrEqual(170);
  });

  it('keeps a short delay to the millisecond', async () => {
    const work = vi.fn();
    wakeAfter(20, work);
    await vi.advanceTimersByTimeAsync(19);
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(work).toHaveBeenCalledOnce();
  });

  it('wakes for earlier work that was scheduled later, and not for cancelled work', async () => {
    const late = vi.fn();
    const early = vi.fn();
    const callOffLate = wakeAfter(5_000, late);
    const callOffEarly = wakeAfter(1_000, early);
    wakeAfter(1_000, early);
    callOffEarly();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(early).toHaveBeenCalledOnce();
    callOffLate();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(late).not.toHaveBeenCalled();
  });

  it('repeats until it is stopped, in its own async context, even if other work fails', async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const fails = wakeAfter(500, () => Promise.reject(new Error('of somebody else')).catch(() => undefined));
    const end = store.run('mine', () => wakeEvery(500, () => seen.push(store.getStore())));
    const other = store.run('other', () => wakeEvery(500, () => undefined));
    await vi.advanceTimersByTimeAsync(2_600);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen)).toEqual(new Set(['mine']));
    for (const stop of [fails, end, other]) stop();
    const before = seen.length;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen).toHaveLength(before);
  });
});
