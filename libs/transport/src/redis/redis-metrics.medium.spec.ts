import { Metrics } from '@perennial/runtime';
import { waitFor } from '@perennial/testing';
import { type RedisServer, startRedis } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from './connections';
import { observeRedis } from './redis-metrics';

// Real: a Redis of its own.
describe('metrics of Redis', () => {
  const metrics = new Metrics('chat');
  let redis: RedisServer;
  let connections: Connections;

  beforeAll(async () => {
    redis = await startRedis();
    connections = new Connections({ redisUrl: redis.url, keyPrefix: 'metrics', service: 'chat', instanceId: 'chat-1' });
    observeRedis(connections, metrics);
    await waitFor(() => connections.commands.status === 'ready');
  });

  afterAll(async () => {
    connections.close();
    await redis.stop();
  });

  /** The value of a gauge; undefined if it has no series. */
  async function value(name: string): Promise<number | undefined> {
    const { body } = await metrics.text();
    const [, found] = new RegExp(`^perennial_redis_${name}\\{service="chat"\\} (\\S+)$`, 'm').exec(body) ?? [];
    return found === undefined ? undefined : Number(found);
  }

  it('say what the server says of its memory and its policy', async () => {
    const set = (name: string, to: string) => connections.commands.config('SET', name, to);
    await Promise.all([set('maxmemory', '100000000'), set('maxmemory-policy', 'noeviction')]);
    expect(await value('connected')).toBe(1);
    expect(await value('memory_max_bytes')).toBe(100_000_000);
    expect(await value('memory_used_bytes')).toBeGreaterThan(100_000);
    expect(await value('round_trip_seconds')).toBeGreaterThan(0);
    expect(await value('evicts')).toBe(0);
    await set('maxmemory-policy', 'allkeys-lru');
    expect(await value('evicts')).toBe(1);
  });

  it('of a server that hangs are absent, and the scrape does not wait for it', async () => {
    await redis.pause();
    try {
      expect(await value('memory_used_bytes')).toBeUndefined();
    } finally {
      await redis.cont();
    }
    await waitFor(async () => (await value('memory_used_bytes')) !== undefined);
  });
});
