import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Runtime } from '@perennial/runtime';
import { freshPrefix, redisUrl, waitFor } from '@perennial/testing';
import { Connections } from '@perennial/transport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Asker, ConnectionLimits } from './connection-limits';

/** Real: Redis. What its clock wrote before it stepped back is written by the test. */
describe('the limits of a connection in Redis', () => {
  const keyPrefix = freshPrefix('connection-limits');
  const runtime = new Runtime({ name: 'chat', logLevel: 'silent' });
  let connections: Connections;
  let limits: ConnectionLimits;

  beforeAll(async () => {
    connections = new Connections({ redisUrl: redisUrl(), keyPrefix, service: 'chat', instanceId: 'limits' });
    limits = new ConnectionLimits(connections, runtime);
    await waitFor(() => connections.commands.status === 'ready', { what: 'the connection' });
  });
  afterAll(async () => {
    await runtime.drain.run('close', performance.now() + 5_000);
    connections.close();
  });

  const keyOf = (id: string, what: string): string => `${keyPrefix}:connection:{${id}}:${what}`;
  const now = async (): Promise<number> => {
    const [seconds, microseconds] = await connections.commands.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  };
  const HOUR_MS = 3_600_000;
  const asker = (userId = 'u', mayWait = true): Asker => ({ userId, ticket: randomUUID(), mayWait });

  it('give tokens when the clock has stepped back', async () => {
    const key = keyOf('tokens', 'tokens');
    await connections.commands.hset(key, { tokens: 0, at: (await now()) + HOUR_MS });
    const perMinute = 600;
    const waiting = asker();
    const first = await limits.take('tokens', { concurrency: undefined, perMinute }, waiting);
    // As from an empty bucket now, and not the hour.
    expect(first).toEqual({ waitMs: 100 });
    await waitFor(
      async () => 'release' in (await limits.take('tokens', { concurrency: undefined, perMinute }, waiting)),
      {
        what: 'a token',
      },
    );
  });

  it('drop leases and processes from before the clock stepped back', async () => {
    const later = (await now()) + HOUR_MS;
    await connections.commands.zadd(keyOf('leases', 'leases'), later, 'lost');
    await connections.commands.zadd(keyOf('leases', 'processes'), later, 'dead');
    expect(await limits.take('leases', { concurrency: 1, perMinute: undefined }, asker())).toHaveProperty('release');
    expect(await limits.take('leases', { concurrency: 1, perMinute: undefined }, asker())).toEqual({ waitMs: 100 });
    expect(await connections.commands.zcard(keyOf('leases', 'processes'))).toBe(1);
  });

  it('keep the places of the other connections when one cannot be renewed', async () => {
    for (const id of ['broken', 'whole']) await limits.take(id, { concurrency: 1, perMinute: undefined }, asker());
    const whole = keyOf('whole', 'leases');
    const [, before] = await connections.commands.zrange(whole, 0, 0, 'WITHSCORES');
    await connections.commands.set(keyOf('broken', 'leases'), 'not a set');
    await waitFor(async () => (await connections.commands.zrange(whole, 0, 0, 'WITHSCORES'))[1]! > before!, {
      what: 'a renewal',
    });
  });

  describe('give turns to those who wait', () => {
    let id: string;
    beforeEach(() => (id = randomUUID()));
    const one = { concurrency: 1, perMinute: undefined };
    /** Who came, or was served, in one millisecond has no order. */
    const anotherMillisecond = () => sleep(2);
    /** Each asks once, in this order; resolves to the one that got a place, and gives it back. */
    const next = async (askers: Record<string, Asker>, of: Parameters<ConnectionLimits['take']>[1] = one) => {
      const served: string[] = [];
      for (const [name, each] of Object.entries(askers)) {
        const place = await limits.take(id, of, each);
        if (!('release' in place)) continue;
        served.push(name);
        delete askers[name];
        place.release();
      }
      return served;
    };

    it('in the order in which they came, whoever asks first when a place is free', async () => {
      const busy = await limits.take(id, one, asker('x'));
      const [a, b, c] = [asker('a'), asker('b'), asker('c')];
      for (const each of [a, b, c]) {
        expect(await limits.take(id, one, each)).toHaveProperty('waitMs');
        await anotherMillisecond();
      }
      if ('release' in busy) busy.release();
      expect(await limits.take(id, one, asker('late'))).toHaveProperty('waitMs');
      expect(await limits.take(id, one, asker('title', false))).toHaveProperty('waitMs');
      const left = { c, b, a };
      expect([await next(left), await next(left)]).toEqual([['a'], ['b']]);
    });

    it('to a user with fewer places before one with more', async () => {
      const two = { concurrency: 2, perMinute: undefined };
      const held = [await limits.take(id, two, asker('flood')), await limits.take(id, two, asker('flood'))];
      const [flood, victim] = [asker('flood'), asker('victim')];
      for (const each of [flood, victim]) await limits.take(id, two, each);
      if (held[0] && 'release' in held[0]) held[0].release();
      expect(await limits.take(id, two, flood)).toHaveProperty('waitMs');
      expect(await limits.take(id, two, victim)).toHaveProperty('release');
    });

    it('to users in turn when the requests of a minute are limited', async () => {
      // The next request becomes free in ten seconds: the test gives each of them.
      const perMinute = { concurrency: undefined, perMinute: 6 };
      const give = async (tokens: number): Promise<void> => {
        await connections.commands.hset(keyOf(id, 'tokens'), { tokens, at: await now() });
      };
      const all: Record<string, Asker> = {};
      for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) all[name] = asker(name.slice(0, 1));
      await give(0);
      const served = await next(all, perMinute);
      while (served.length < 5) {
        await anotherMillisecond();
        await give(1);
        served.push(...(await next(all, perMinute)));
      }
      // Which of one user's goes first is open when they came in the same millisecond.
      expect(served.map((name) => name[0])).toEqual(['a', 'b', 'a', 'b', 'a']);
    });

    it('and none to one that has left, or whose worker was killed', async () => {
      const busy = await limits.take(id, one, asker('x'));
      const [gone, dead, alive] = [asker('gone'), asker('dead'), asker('alive')];
      for (const each of [gone, dead, alive]) await limits.take(id, one, each);
      limits.leave(id, gone);
      await connections.commands.zadd(keyOf(id, 'asked'), (await now()) - 10_000, `dead|${dead.ticket}`);
      if ('release' in busy) busy.release();
      expect(await limits.take(id, one, alive)).toHaveProperty('release');
    });
  });
});
