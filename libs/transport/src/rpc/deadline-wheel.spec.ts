import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineWheel } from './deadline-wheel';

describe('DeadlineWheel', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('fires each deadline once, never early and at most 40 ms late', () => {
    const wheel = new DeadlineWheel(() => Date.now());
    const fired = new Map<number, number>();
    for (const ms of [5, 20, 21, 99, 100, 1_003])
      wheel.add(Date.now() + ms, () => fired.set(ms, Date.now() - 1_000_000));
    vi.advanceTimersByTime(2_000);
    expect([...fired.keys()]).toEqual([5, 20, 21, 99, 100, 1_003]);
    for (const [ms, at] of fired) {
      expect(at).toBeGreaterThanOrEqual(ms);
      expect(at).toBeLessThanOrEqual(ms + 40);
    }
  });

  it('does not fire a removed deadline', () => {
    const wheel = new DeadlineWheel(() => Date.now());
    const expire = vi.fn();
    wheel.remove(wheel.add(Date.now() + 50, expire));
    wheel.add(Date.now() + 50, () => undefined);
    vi.advanceTimersByTime(200);
    expect(expire).not.toHaveBeenCalled();
  });

  it('fires a deadline that has passed already', () => {
    const wheel = new DeadlineWheel(() => Date.now());
    const expire = vi.fn();
    wheel.add(Date.now() - 5_000, expire);
    vi.advanceTimersByTime(40);
    expect(expire).toHaveBeenCalledOnce();
  });

  it('rests when it is empty and starts again', () => {
    const wheel = new DeadlineWheel(() => Date.now());
    wheel.remove(wheel.add(Date.now() + 50, () => undefined));
    vi.advanceTimersByTime(40);
    expect(vi.getTimerCount()).toBe(0);
    const expire = vi.fn();
    wheel.add(Date.now() + 50, expire);
    vi.advanceTimersByTime(100);
    expect(expire).toHaveBeenCalledOnce();
  });

  it('lets I/O run first after the process was blocked', () => {
    const wheel = new DeadlineWheel(() => Date.now());
    const answered: string[] = [];
    const deadline = wheel.add(Date.now() + 100, () => answered.push('expired'));
    wheel.add(Date.now() + 120, () => answered.push('second'));
    vi.setSystemTime(Date.now() + 8_000);
    // The reply that waited in the socket is handled between the late tick and the expiries.
    vi.advanceTimersToNextTimer();
    wheel.remove(deadline);
    vi.advanceTimersByTime(20);
    expect(answered).toEqual(['second']);
  });
});
