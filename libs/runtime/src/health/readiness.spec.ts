import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Readiness } from './readiness';

describe('Readiness', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is ready from its start to its drain', async () => {
    const readiness = new Readiness();
    readiness.register('engine', () => 'turns');
    expect(await readiness.report()).toEqual({
      status: 'starting',
      checks: [{ name: 'engine', ok: true, required: true, detail: 'turns' }],
    });
    readiness.started();
    expect((await readiness.report()).status).toBe('ready');
    readiness.draining();
    readiness.started();
    expect((await readiness.report()).status).toBe('draining');
  });

  it('fails when a required check fails, and is only degraded when an optional one does', async () => {
    const readiness = new Readiness();
    let required: Error | undefined = undefined;
    readiness.register('postgres', () => {
      if (required !== undefined) throw required;
    });
    readiness.register('search', () => Promise.reject(new Error('no route to host')), { required: false });
    readiness.started();
    expect(await readiness.report()).toEqual({
      status: 'degraded',
      checks: [
        { name: 'postgres', ok: true, required: true },
        { name: 'search', ok: false, required: false, detail: 'no route to host' },
      ],
    });
    required = new Error('connection refused');
    vi.advanceTimersByTime(1_000);
    expect((await readiness.report()).status).toBe('failing');
  });

  it('does not wait longer than a check may take', async () => {
    const readiness = new Readiness();
    readiness.register('hung', () => new Promise(() => undefined), { timeoutMs: 20 });
    readiness.started();
    expect((await readiness.report()).checks).toEqual([
      { name: 'hung', ok: false, required: true, detail: 'no answer within 20 ms' },
    ]);
  });

  it('runs the checks at most once a second, at any request rate', async () => {
    const readiness = new Readiness();
    let asked = 0;
    readiness.register('counted', () => void (asked += 1));
    readiness.started();
    await Promise.all(Array.from({ length: 50 }, () => readiness.report()));
    expect(asked).toBe(1);
    vi.advanceTimersByTime(1_000);
    await readiness.report();
    expect(asked).toBe(2);
  });

  it('refuses two checks of one name', () => {
    const readiness = new Readiness();
    readiness.register('postgres', () => undefined);
    expect(() => readiness.register('postgres', () => undefined)).toThrow(/registered twice/);
  });
});
