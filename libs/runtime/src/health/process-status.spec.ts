import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StatusSource } from './process-status';
import { Readiness } from './readiness';

describe('the status of a process', () => {
  let readiness: Readiness;
  let status: StatusSource;
  beforeEach(() => {
    vi.useFakeTimers();
    readiness = new Readiness();
    status = new StatusSource(readiness, () => undefined);
  });
  afterEach(() => void vi.useRealTimers());

  const later = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return status.read();
  };

  it('has its dependencies without their details, and keeps them while it drains', async () => {
    readiness.register('postgres', () => 'postgres://someone@host');
    readiness.register('blob store', () => Promise.reject(new Error('refused')), { required: false });
    readiness.started();
    await status.read();
    const dependencies = [
      { name: 'postgres', ok: true },
      { name: 'blob store', ok: false },
    ];
    expect(await later(1_000)).toMatchObject({ state: 'degraded', dependencies });
    readiness.draining();
    expect(await later(10_000)).toMatchObject({ state: 'draining', dependencies });
  });

  it('is not delayed by a check, a queue or a service that hangs, and keeps what it knew of them', async () => {
    let settings: () => Promise<string> = () => Promise.resolve('c5');
    readiness.register('store', () => new Promise(() => undefined), { timeoutMs: 60_000 });
    status.provide({ queue: () => new Promise(() => undefined), settings: () => settings(), runs: () => 2 });
    expect(await later(0)).toMatchObject({ settings: 'c5', queue: null, runs: 2 });
    settings = () => new Promise(() => undefined);
    const reading = status.read();
    await vi.advanceTimersByTimeAsync(300);
    expect(await reading).toMatchObject({ settings: 'c5', queue: null, runs: 2 });
    settings = () => Promise.reject(new Error('away'));
    expect(await later(0)).toMatchObject({ settings: 'c5' });
  });

  it('asks stores and queues every few seconds only', async () => {
    let asked = 0;
    readiness.started();
    status.provide({ queue: () => Promise.resolve((asked += 1)) });
    for (let second = 0; second < 11; second += 1) await later(1_000);
    expect(asked).toBeLessThanOrEqual(4);
    expect((await later(0)).queue).toBe(asked);
  });
});
