import { ProviderError } from '@perennial/model-provider';
import type { Notices } from '@perennial/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderPauses } from './provider-pauses';

/** Workers whose notices arrive at once, also at their sender. */
async function workers(count: number): Promise<ProviderPauses[]> {
  const listeners = new Map<string, ((payload: unknown) => void)[]>();
  const notices = {
    subscribe: async ({ channel }: { channel: string }, listener: (payload: unknown) => void) =>
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    publish: async ({ channel }: { channel: string }, payload: unknown) =>
      listeners.get(channel)?.forEach((listener) => listener(payload)),
  } as unknown as Notices;
  const all = Array.from({ length: count }, () => new ProviderPauses(notices));
  for (const each of all) await each.onModuleInit();
  return all;
}

const tooMany = (retryAfter: number) => new ProviderError('RATE_LIMITED', 'x', { status: 429, retryAfter });

describe('a pause that a provider asks for', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is kept by all workers, and by one call now and then that tries whether it still holds', async () => {
    const [asked, other] = await workers(2);
    asked?.learn('m', tooMany(20));
    expect([asked?.leftMs('m'), other?.leftMs('m'), other?.leftMs('another')]).toEqual([20_000, 20_000, 0]);
    vi.advanceTimersByTime(9_000);
    expect(other?.leftMs('m')).toBe(0);
    expect(other?.leftMs('m')).toBe(11_000);
    // The trial was told the same: it holds on.
    other?.learn('m', tooMany(20));
    expect([asked?.leftMs('m'), other?.leftMs('m')]).toEqual([20_000, 20_000]);
  });

  it('ends for all when a call is answered that was made within it, and not by one from before', async () => {
    const [asked, other] = await workers(2);
    const before = performance.now();
    vi.advanceTimersByTime(1);
    asked?.learn('m', tooMany(60));
    other?.answered('m', before);
    expect(asked?.leftMs('m')).toBeGreaterThan(0);
    vi.advanceTimersByTime(10_000);
    other?.answered('m', performance.now());
    expect([asked?.leftMs('m'), other?.leftMs('m')]).toEqual([0, 0]);
  });

  it('is half a minute at most, since it may be meant for one request or one user only', async () => {
    const [asked] = await workers(1);
    asked?.learn('m', tooMany(3_600));
    expect(asked?.leftMs('m')).toBe(30_000);
    vi.advanceTimersByTime(30_000);
    expect(asked?.leftMs('m')).toBe(0);
  });
});
