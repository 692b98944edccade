import { Runtime } from '@perennial/runtime';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TurnAdmission, type TurnPlace } from './turn-admission';

describe('the admission of requests for answers', () => {
  let turns: TurnAdmission;
  let now: number;
  beforeEach(() => {
    now = 0;
    const runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    turns = new TurnAdmission({ most: 8, targetMs: 300, now: () => now }, runtime);
  });

  const refusal = (userId: string) => {
    try {
      turns.refuseWhenFull(userId);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  /** Admits requests; `begun` has the users whose accepts have begun, in that order. */
  const begun: string[] = [];
  const admit = async (userId: string): Promise<TurnPlace> => {
    const place = turns.admit(userId);
    place.taken.then(
      () => begun.push(userId),
      () => undefined,
    );
    await Promise.resolve();
    return place;
  };
  const flood = async (count: number, userOf: (n: number) => string): Promise<TurnPlace[]> => {
    begun.length = 0;
    const places: TurnPlace[] = [];
    for (let n = 0; n < count; n += 1) places.push(await admit(userOf(n)));
    return places;
  };

  it.each([504, 503, 200])(
    '56 requests at once are never refused, however slow the machine is (%i)',
    async (status) => {
      for (let round = 0; round < 20; round += 1) {
        const places = await flood(56, (n) => `user ${n % 20}`);
        const ended = places.map(async ({ taken, leave }) => {
          await taken;
          now += 5_000;
          leave(status);
        });
        await Promise.all(ended);
      }
      const places = await flood(56, (n) => `user ${n % 20}`);
      expect(begun).toHaveLength(8);
      for (const { leave } of places.reverse()) leave(status);
    },
  );

  it('who asks for less than others goes first, and takes the place of another in a full queue', async () => {
    const places = await flood(56, (n) => `flood ${n % 20}`);
    expect(refusal('flood 1')).toMatchObject({ status: 503 });
    const late = expect(places.at(-5)!.taken).rejects.toMatchObject({ status: 503 });
    await flood(16, (n) => `victim ${n}`);
    for (const place of places.slice(0, 8)) place.leave(200);
    await late;
    expect(begun).toEqual(Array.from({ length: 8 }, (_, n) => `victim ${n}`));
  });

  it('a queue that one user has filled has places for all others', async () => {
    const places = await flood(52, () => 'flood');
    const last = expect(places.at(-1)!.taken).rejects.toMatchObject({ status: 503 });
    expect(refusal('flood')).toMatchObject({ status: 503 });
    await admit('victim 1');
    await flood(10, (n) => `victim ${n}`);
    await last;
  });

  it('one user has four accepts under way, so that the others pass', async () => {
    const places = await flood(20, () => 'flood');
    expect(begun).toHaveLength(4);
    await admit('victim');
    expect(begun).toEqual(['flood', 'flood', 'flood', 'flood', 'victim']);
    places[0]!.leave(429);
    await Promise.resolve();
    expect(begun).toHaveLength(6);
  });

  it('what somebody used while nobody waited is no disadvantage', async () => {
    for (let n = 0; n < 30; n += 1) (await admit('victim')).leave(200);
    const places = await flood(48, (n) => `flood ${n}`);
    await admit('victim');
    begun.length = 0;
    for (const place of places.slice(0, 41)) place.leave(200);
    await Promise.resolve();
    expect(begun.slice(-1)).toEqual(['victim']);
  });

  it('who is refused in a full queue that has just formed is lighter than those who go on sending', async () => {
    const places = await flood(104, (n) => `flood ${n}`);
    for (let n = 0; n < 208; n += 1) refusal(`flood ${n % 104}`);
    begun.length = 0;
    await admit('victim');
    for (const place of places.slice(0, 1)) place.leave(200);
    await Promise.resolve();
    expect(begun).toEqual(['victim']);
  });

  it('takes turns between users who have sent as much', async () => {
    const places = [...(await flood(8, (n) => `before ${n}`))];
    for (let n = 0; n < 3; n += 1) await admit('a');
    for (let n = 0; n < 3; n += 1) await admit('b');
    begun.length = 0;
    for (const place of places.slice(0, 6)) place.leave(499);
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('does not begin what its caller has left, and refuses what has waited too long', async () => {
    vi.useFakeTimers();
    const places = await flood(10, (n) => `user ${n}`);
    places[8]!.leave(499);
    await expect(places[8]!.taken).rejects.toMatchObject({ status: 499 });
    const late = expect(places[9]!.taken).rejects.toMatchObject({ status: 503 });
    vi.advanceTimersByTime(5_000);
    await late;
    for (const place of places) place.leave(200);
    expect(begun).toHaveLength(8);
    vi.useRealTimers();
  });

  it('lets nobody wait for long once the queue has been full, until it has been empty', async () => {
    vi.useFakeTimers();
    const waits = async (ms: number): Promise<number> => {
      const places = await flood(104, (n) => `user ${n} of ${ms}`);
      let refused = 0;
      for (const { taken } of places) taken.catch(() => (refused += 1));
      if (ms < 5_000) expect(refusal('one more')).toMatchObject({ status: 503 });
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(refused).toBe(0);
      await vi.advanceTimersByTimeAsync(1);
      for (const place of places) place.leave(200);
      return refused;
    };
    expect(await waits(500)).toBe(96);
    // Nobody waits any more: what comes now has all its time.
    expect(await waits(5_000)).toBe(96);
    vi.useRealTimers();
  });

  it('asks a refused client to return in a few seconds', async () => {
    await flood(104, (n) => `user ${n}`);
    expect(refusal('next')).toMatchObject({ headers: { 'retry-after': expect.stringMatching(/^[123]$/) } });
  });

  it('a user whom chat has just refused three times is refused here, without a call, and nobody else is', () => {
    turns.admit('flood').leave(429);
    turns.admit('flood').leave(429);
    expect(refusal('flood')).toBeUndefined();
    turns.admit('flood').leave(429);
    expect(refusal('flood')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(refusal('victim')).toBeUndefined();
  });

  it('a place is released once, whatever the status', async () => {
    for (const status of [200, 400, 401, 429, 499, 503]) {
      const { leave } = turns.admit(`user ${status}`);
      leave(status);
      leave(499);
    }
    await flood(9, (n) => `new ${n}`);
    expect(begun).toHaveLength(8);
  });
});
