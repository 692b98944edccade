import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker';

class Away extends Error {
  readonly code = 'UNAVAILABLE';

  constructor(readonly retryAfterMs?: number) {
    super('away');
  }
}

class Stopped extends Error {}

function setUp() {
  let now = 0;
  const breaker = new CircuitBreaker({
    ...{ failures: 3, openMs: 1_000, maxOpenMs: 3_000, now: () => now },
    isAway: (error) => error instanceof Away,
    saysNothing: (error) => error instanceof Stopped,
    refusal: (retryAfterMs) => new Away(retryAfterMs),
  });
  let asked = 0;
  const fail = (): Promise<unknown> =>
    breaker.run(async () => {
      asked += 1;
      throw new Away();
    });
  const succeed = (options?: { probe?: boolean }): Promise<string> =>
    breaker.run(async () => {
      asked += 1;
      return 'answer';
    }, options);
  return {
    breaker,
    fail: () => expect(fail()).rejects.toMatchObject({ code: 'UNAVAILABLE' }),
    succeed,
    asked: () => asked,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('CircuitBreaker', () => {
  it('opens after failures in a row, and then fails at once with the time to wait', async () => {
    const { breaker, fail, succeed, asked } = setUp();
    await fail();
    await fail();
    await succeed();
    await fail();
    await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
    const before = asked();
    await expect(succeed()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
    expect(asked()).toBe(before);
  });

  it('does not count a store that answers, even with an error', async () => {
    const { breaker } = setUp();
    for (let i = 0; i < 10; i += 1) {
      await expect(
        breaker.run(async () => {
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
    }
    expect(breaker.state).toBe('closed');
  });

  it('lets one call through after the pause, whose success closes it', async () => {
    const { breaker, fail, succeed, pass } = setUp();
    for (let i = 0; i < 3; i += 1) await fail();
    pass(1_300);
    expect(breaker.state).toBe('half-open');
    let answer: (() => void) | undefined;
    const trial = breaker.run(() => new Promise<void>((resolve) => (answer = resolve)));
    await expect(succeed()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    answer?.();
    await trial;
    expect(breaker.state).toBe('closed');
    await expect(succeed()).resolves.toBe('answer');
  });

  it('is closed when the trial begins to answer, however long the answer is, and a late end of it decides nothing', async () => {
    const { breaker, fail, succeed, pass } = setUp();
    for (let i = 0; i < 3; i += 1) await fail();
    pass(1_300);
    let end: (() => void) | undefined;
    const trial = breaker.run((answered) => {
      answered();
      return new Promise<void>((_, reject) => (end = () => reject(new Away())));
    });
    expect(breaker.state).toBe('closed');
    await expect(succeed()).resolves.toBe('answer');
    for (let i = 0; i < 3; i += 1) await fail();
    end?.();
    await expect(trial).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(breaker.state).toBe('open');
  });

  it('is left as it is by a call that its caller stopped', async () => {
    const { breaker, fail, succeed, pass } = setUp();
    const stop = () => expect(breaker.run(() => Promise.reject(new Stopped()))).rejects.toThrow(Stopped);
    await fail();
    await fail();
    await stop();
    await fail();
    expect(breaker.state).toBe('open');
    pass(1_300);
    await stop();
    expect(breaker.state).toBe('half-open');
    await expect(succeed()).resolves.toBe('answer');
    expect(breaker.state).toBe('closed');
  });

  it('stays open longer after each failed trial, up to a limit', async () => {
    const { breaker, fail, pass } = setUp();
    for (let i = 0; i < 3; i += 1) await fail();
    for (let round = 0; round < 6; round += 1) {
      pass(4_000);
      await fail();
      expect(breaker.state).toBe('open');
    }
    // At most 3 s and a quarter of it.
    pass(3_751);
    expect(breaker.state).toBe('half-open');
  });

  it('is closed by a successful probe, and lets only probes through', async () => {
    const { breaker, fail, succeed } = setUp();
    for (let i = 0; i < 3; i += 1) await fail();
    await expect(succeed()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(succeed({ probe: true })).resolves.toBe('answer');
    expect(breaker.state).toBe('closed');
  });

  it('is not held open by calls that began before it opened', async () => {
    const { breaker, fail, pass, succeed } = setUp();
    let away: (() => void) | undefined;
    const slow = breaker.run(() => new Promise((_, reject) => (away = () => reject(new Away()))));
    for (let i = 0; i < 3; i += 1) await fail();
    pass(1_300);
    away?.();
    await expect(slow).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(succeed()).resolves.toBe('answer');
  });
});
