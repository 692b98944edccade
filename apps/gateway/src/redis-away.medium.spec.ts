import { type RedisServer, startRedis } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveGateway, startGateway } from '../test/live-gateway';
import { connectSocket, readEvents } from '../test/readers';
import { type Services, startServices } from '../test/services';

/**
 * Real: a separate Redis that is killed, the transport, the gateway. Not real: auth and chat, which the test controls.
 */
describe('without Redis', () => {
  let redis: RedisServer;
  let services: Services;
  let gateway: LiveGateway;
  beforeAll(async () => {
    redis = await startRedis();
    services = await startServices(redis.url, 'perennial');
    gateway = await startGateway(redis.url, 'perennial');
  });
  afterAll(async () => {
    await gateway?.drain();
    await services?.close();
    await redis?.stop();
  });

  it('serves what needs no service, answers the rest with Retry-After, keeps readers connected, and recovers', async () => {
    const { user, token } = services.account();
    const headers = { authorization: `Bearer ${token}` };
    const get = async (path: string) => {
      const reply = await fetch(gateway.url + path, { headers });
      return {
        status: reply.status,
        retryAfter: reply.headers.get('retry-after'),
        body: (await reply.json()) as object,
      };
    };
    const before = await get('/api/config');
    expect(before).toMatchObject({ status: 200, body: { status: true, features: { enable_signup: true } } });
    const writer = await services.begin(user.id);
    writer.append('before');
    const url = `${gateway.url}/api/v1/runs/${writer.identity.runId}/events`;
    const stream = await readEvents(url, token);
    const socket = await connectSocket(gateway.url, token);
    await expect.poll(() => stream.text, { timeout: 10_000 }).toBe('before');
    await expect.poll(() => socket.textOf(writer.identity.messageId ?? '').text, { timeout: 10_000 }).toBe('before');

    await redis.kill();
    for (const path of ['/health', '/ready', '/api/version', '/manifest.json', '/api/changelog']) {
      expect(await get(path)).toMatchObject({ status: 200 });
    }
    expect(await get('/api/config')).toMatchObject({
      status: 200,
      body: { stale: true, features: { enable_signup: true } },
    });
    for (const path of [
      '/api/v1/chats/',
      '/api/models',
      '/api/v1/auths/',
      `/api/tasks/chat/${writer.identity.chatId}`,
    ]) {
      const reply = await get(path);
      expect(reply).toMatchObject({ status: 503, retryAfter: '1' });
    }
    expect((await gateway.runtime.readiness.report()).checks).toEqual([]);
    writer.append(' while away');

    await redis.restart();
    await expect
      .poll(async () => (await get(`/api/tasks/chat/${writer.identity.chatId}`)).status, { timeout: 30_000 })
      .toBe(200);
    await expect.poll(() => stream.text, { timeout: 30_000 }).toBe('before while away');
    await expect
      .poll(() => socket.textOf(writer.identity.messageId ?? '').text, { timeout: 30_000 })
      .toBe('before while away');
    await services.end(writer);
    expect(await stream.ended).toBe('end');
    expect(stream.events.at(-1)?.event).toBe('end');
    socket.socket.close();
  });
});
