import { Runtime } from '@perennial/runtime';
import { freshPrefix, redisUrl, waitFor } from '@perennial/testing';
import { Connections } from '@perennial/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionLimits } from './connection-limits';

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
  const now = async (): Promise<number> => Number((await connections.commands.time())[0]) * 1_000;
  const HOUR_MS = 3_600_000;

  it('give tokens when the clock has stepped back', async () => {
    const key = keyOf('tokens', 'tokens');
    await connections.commands.hset(key, { tokens: 0, at: (await now()) + HOUR_MS });
    const perMinute = 600;
    const first = await limits.take('tokens', { concurrency: undefined, perMinute });
    // As from an empty bucket now, and not the hour.
    expect(first).toEqual({ waitMs: 100 });
    await waitFor(async () => 'release' in (await limits.take('tokens', { concurrency: undefined, perMinute })), {
      what: 'a token',
    });
  });

  it('drop leases and processes from before the clock stepped back', async () => {
    const later = (await now()) + HOUR_MS;
    await connections.commands.zadd(keyOf('leases', 'leases'), later, 'lost');
    await connections.commands.zadd(keyOf('leases', 'processes'), later, 'dead');
    expect(await limits.take('leases', { concurrency: 1, perMinute: undefined })).toHaveProperty('release');
    expect(await limits.take('leases', { concurrency: 1, perMinute: undefined })).toEqual({ waitMs: 250 });
    expect(await connections.commands.zcard(keyOf('leases', 'processes'))).toBe(1);
  });

  it('keep the places of the other connections when one cannot be renewed', async () => {
    for (const id of ['broken', 'whole']) await limits.take(id, { concurrency: 1, perMinute: undefined });
    const whole = keyOf('whole', 'leases');
    const [, before] = await connections.commands.zrange(whole, 0, 0, 'WITHSCORES');
    await connections.commands.set(keyOf('broken', 'leases'), 'not a set');
    await waitFor(async () => (await connections.commands.zrange(whole, 0, 0, 'WITHSCORES'))[1]! > before!, {
      what: 'a renewal',
    });
  });
});
