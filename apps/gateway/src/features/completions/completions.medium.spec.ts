import { randomUUID } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { freshPrefix, redisUrl } from '@perennial/testing';
import { Connections } from '@perennial/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveGateway, startGateway } from '../../../test/live-gateway';
import { accountIn, type Services, startService, startServices, World } from '../../../test/services';

interface Asked {
  outgoing: ClientRequest;
  response: Promise<IncomingMessage>;
}

/** Real: Redis, the transport, a gateway. Not real: auth and chat, which the test controls. */
describe('a completion', () => {
  let services: Services;
  let gateway: LiveGateway;
  beforeAll(async () => {
    const prefix = freshPrefix('completions');
    services = await startServices(redisUrl(), prefix);
    gateway = await startGateway(redisUrl(), prefix);
  });
  afterAll(async () => {
    await gateway?.drain();
    await services?.close();
  });

  /** Starts a run and requests it like an SDK; resolves once the gateway follows the run. */
  async function ask(stream: boolean, headers: Record<string, string> = {}) {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    services.world.nextCompletion = writer.identity.runId;
    const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'x' }] });
    const outgoing = request(`${gateway.url}/api/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    });
    const asked: Asked = {
      outgoing,
      response: new Promise((resolve, reject) => outgoing.once('response', resolve).once('error', reject)),
    };
    asked.response.catch(() => undefined);
    outgoing.end(body);
    await expect.poll(() => services.publisher.hasReader(writer.identity.runId)).toBe(true);
    return { ...asked, writer };
  }

  async function textOf(response: IncomingMessage): Promise<string> {
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) text += chunk as string;
    return text;
  }

  it.each([
    ['RATE_LIMITED', 429, 'rate_limit_error'],
    ['INTERNAL', 500, 'server_error'],
  ])(
    'that fails with %s before its first text has the same status and error with and without stream',
    async (...row) => {
      const [code, status, type] = row;
      const replies: unknown[] = [];
      for (const stream of [true, false]) {
        const { response, writer } = await ask(stream);
        await services.end(writer, { code, message: 'No more for now.' });
        const answer = await response;
        expect(answer.statusCode).toBe(status);
        expect(answer.headers['content-type']).toContain('application/json');
        replies.push(JSON.parse(await textOf(answer)));
      }
      expect(replies[0]).toMatchObject({ error: { message: 'No more for now.', type, code } });
      expect(replies[1]).toEqual(replies[0]);
    },
  );

  it.each([
    ['the key of the installation is refused', { code: 'PROVIDER_REFUSED', retryable: false }, 502, undefined, 'false'],
    [
      'the provider says when to come back',
      { code: 'RATE_LIMITED', retryable: true, retryAfter: 6.5 },
      429,
      '7',
      undefined,
    ],
    ['the provider is away', { code: 'UNAVAILABLE', retryable: true }, 503, '1', undefined],
  ])('tells its client whether and when to try again: %s', async (_, error, status, retryAfter, shouldRetry) => {
    for (const stream of [true, false]) {
      const { response, writer } = await ask(stream);
      await services.end(writer, { ...error, message: 'What to do.' });
      const answer = await response;
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expect(answer.headers['x-should-retry']).toBe(shouldRetry);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      answer.resume();
    }
  });

  it('that fails after its first text ends with the error as an event, and without [DONE]', async () => {
    const { response, writer } = await ask(true);
    writer.append('Half');
    const answer = await response;
    await services.end(writer, { code: 'RATE_LIMITED', message: 'No more for now.' });
    const text = await textOf(answer);
    expect(answer.statusCode).toBe(200);
    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { message: 'No more for now.', type: 'rate_limit_error', code: 'RATE_LIMITED' },
    });
    expect(text).not.toContain('[DONE]');
  });

  it.each([
    ['before its first text', true, false],
    ['in the middle', true, true],
    ['of an answer as a whole', false, false],
  ])('is stopped when its client goes away %s', async (_, stream, begun) => {
    const { outgoing, response, writer } = await ask(stream);
    if (begun) {
      writer.append('Half');
      await response;
    }
    outgoing.destroy();
    await expect.poll(() => services.world.cancelled).toContain(writer.identity.runId);
    await services.end(writer);
  });

  it('continues without its client if it has a key: the client may return for it', async () => {
    const { outgoing, response, writer } = await ask(true, { 'idempotency-key': 'mine' });
    writer.append('Half');
    await response;
    outgoing.destroy();
    await expect.poll(() => services.publisher.hasReader(writer.identity.runId), { timeout: 5_000 }).toBe(false);
    expect(services.world.cancelled).not.toContain(writer.identity.runId);
    await services.end(writer);
  });
});

/** Real: Redis, the transport, a gateway. Not real: auth, and chat, which starts late. */
describe('a completion that waits for a replica of chat', () => {
  it('is not begun for a client who has gone', async () => {
    const prefix = freshPrefix('completions');
    const world = new World();
    const auth = await startService(redisUrl(), prefix, 'auth', world);
    const gateway = await startGateway(redisUrl(), prefix);
    const { token } = accountIn(world);
    const waiting = () => gateway.app.get(Connections).commands.xlen(`${prefix}:rpc:chat`);
    const ask = (stream: boolean) => {
      const outgoing = request(`${gateway.url}/api/v1/chat/completions`, {
        method: 'POST',
        agent: false,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      outgoing.on('error', () => undefined);
      outgoing.end(JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'x' }] }));
      return outgoing;
    };
    const gone = [ask(true), ask(false)];
    await expect.poll(waiting).toBe(2);
    for (const outgoing of gone) outgoing.destroy();
    await expect.poll(waiting).toBe(0);
    const chat = await startService(redisUrl(), prefix, 'chat', world);
    world.nextCompletion = randomUUID();
    const served = ask(true);
    await expect.poll(() => world.accepted).toBe(1);
    served.destroy();
    await gateway.drain();
    await chat.close();
    await auth.close();
    expect(world.accepted).toBe(1);
  });
});
