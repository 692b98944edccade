import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createLogger } from '@perennial/runtime';
import { describe, expect, it, vi } from 'vitest';
import { createRedis, retryDelayMs } from './create-redis';
import { isNotWritten, isRedisUnavailable } from './errors';

describe('createRedis', () => {
  const log = createLogger({ level: 'silent', service: 'test', instance: 'test' });

  it('backs off from 50 ms to 1 s with jitter, for ever', () => {
    expect([1, 2, 3, 4, 5, 6, 1_000].map((attempt) => retryDelayMs(attempt, () => 1))).toEqual([
      50, 100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(retryDelayMs(1_000, () => 0)).toBe(500);
  });

  it('refuses an unusable address and says which to use', () => {
    expect(() => createRedis('http://localhost', { role: 'commands', name: 'x', log })).toThrow(
      'must be a URL that starts with redis://',
    );
  });

  it('rejects commands at once while Redis is away', async () => {
    // Port 9 of the loopback address: nothing listens there.
    const redis = createRedis('redis://127.0.0.1:9', { role: 'commands', name: 'x', log });
    const order: string[] = [];
    redis.once('close', () => order.push('the first attempt failed'));
    const error: unknown = await redis.get('key').catch((reason: unknown) => reason);
    order.push('rejected');
    expect(order).toEqual(['rejected']);
    expect(isNotWritten(error)).toBe(true);
    expect(isRedisUnavailable(error)).toBe(true);
    redis.disconnect();
  });

  it('connects again when a server takes the connection and never greets', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const redis = createRedis(`redis://127.0.0.1:${port}`, { role: 'blocking', name: 'x', log });
    await once(redis, 'connect');
    const closed = once(redis, 'close');
    vi.advanceTimersByTime(10_000);
    // Its peer may have vanished: the end of the stream is not answered either.
    vi.advanceTimersByTime(2_000);
    await closed;
    const again = once(redis, 'connect');
    vi.advanceTimersByTime(1_000);
    await again;
    vi.useRealTimers();
    redis.disconnect();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe('isRedisUnavailable', () => {
  const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

  it('is true for temporary refusals, false for wrong commands and other errors', () => {
    expect(isRedisUnavailable(reply('LOADING Redis is loading the dataset in memory'))).toBe(true);
    expect(isRedisUnavailable(reply('OOM command not allowed'))).toBe(true);
    expect(isRedisUnavailable(reply('WRONGTYPE Operation against a key'))).toBe(false);
    expect(isRedisUnavailable(Object.assign(new Error('x'), { name: 'MaxRetriesPerRequestError' }))).toBe(true);
    expect(isRedisUnavailable(Object.assign(new Error('The operation was aborted'), { name: 'AbortError' }))).toBe(
      false,
    );
    expect(isRedisUnavailable(new Error('boom'))).toBe(false);
  });
});
