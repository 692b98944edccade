import { ApiError, OfflineError } from '@perennial/web-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { Delivery, TakenBack } from './delivery';

const full = (retryAfter?: number) => new ApiError(503, 'Full.', false, retryAfter);
const over = () => new ApiError(401, 'Sign in.', true);

describe('a message on its way', () => {
  let timers: { ms: number; run: () => void }[];
  let lines: Set<() => void>;
  let sessions: Set<(same: boolean) => void>;
  let attempts: number;
  let delivery: Delivery;

  beforeEach(() => {
    timers = [];
    lines = new Set();
    sessions = new Set();
    attempts = 0;
    const among = <T>(all: Set<T>, one: T) => {
      all.add(one);
      return () => all.delete(one);
    };
    delivery = new Delivery({
      after: (ms, run) => {
        const timer = { ms, run };
        timers.push(timer);
        return () => (timers = timers.filter((other) => other !== timer));
      },
      onLine: (run) => among(lines, run),
      onSession: (run) => among(sessions, run),
      now: () => 1_000,
    });
  });

  /** Fails in these ways, one after the other, and then arrives. */
  const sends = (...failures: Error[]) =>
    delivery.send(() => {
      const failure = failures[attempts++];
      return failure ? Promise.reject(failure) : Promise.resolve('arrived');
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('is sent again when the line may be back, each time later, and leaves nothing behind', async () => {
    const sent = sends(new OfflineError(), new OfflineError(), new OfflineError());
    await settled();
    expect([delivery.delay.get(), timers.map(({ ms }) => ms)]).toEqual([{ kind: 'offline' }, [1_000]]);
    timers[0]!.run();
    await settled();
    expect(timers.map(({ ms }) => ms)).toEqual([2_000]);
    for (const line of [...lines]) line();
    await settled();
    delivery.now();
    expect(await sent).toBe('arrived');
    expect([attempts, delivery.delay.get(), timers.length, lines.size]).toEqual([4, undefined, 0, 0]);
  });

  it('waits as long as a full server says, three times, and then says so', async () => {
    const sent = sends(full(7), full(), full(2), full(2));
    for (const ms of [7_000, 5_000, 2_000]) {
      await settled();
      expect(delivery.delay.get()).toEqual({ kind: 'busy', until: 1_000 + ms });
      expect(timers.map((timer) => timer.ms)).toEqual([ms]);
      timers[0]!.run();
    }
    await expect(sent).rejects.toThrow('Full.');
    expect(delivery.delay.get()).toBeUndefined();
  });

  it('does not wait for a server that wants to be left alone for an hour, nor after another refusal', async () => {
    await expect(sends(full(3_600))).rejects.toThrow('Full.');
    attempts = 0;
    await expect(sends(new ApiError(422, 'No.', false))).rejects.toThrow('No.');
    expect(timers).toEqual([]);
  });

  it('goes on when the same person has signed in again, and not as somebody else', async () => {
    const sent = sends(over());
    await settled();
    expect(delivery.delay.get()).toEqual({ kind: 'signed-out' });
    for (const session of [...sessions]) session(true);
    expect(await sent).toBe('arrived');
    attempts = 0;
    const other = sends(over());
    await settled();
    for (const session of [...sessions]) session(false);
    await expect(other).rejects.toThrow(TakenBack);
    expect(sessions.size).toBe(0);
  });

  it('can be taken back while it waits', async () => {
    const sent = sends(new OfflineError());
    await settled();
    delivery.takeBack();
    await expect(sent).rejects.toThrow(TakenBack);
    expect([attempts, lines.size, timers.length]).toEqual([1, 0, 0]);
  });
});
