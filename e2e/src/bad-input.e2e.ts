import { randomUUID } from 'node:crypto';
import { type ErrorReply, routes } from '@perennial/contracts-gateway';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, addUsers, signUpAdmin } from './support/accounts';
import { doneAnswer, getChat } from './support/answers';
import { http } from './support/http';
import { newTurn, sendTurn } from './support/turn';

const MODEL = 'sim-t20-r200-x';
const MAX_MESSAGE_CHARS = 5_000;

/** The provider's failure, the model that triggers it, and whether some text arrives before. */
const FAILING: [string, string, boolean][] = [
  ['is down', 'sim-t20-r200-down', false],
  ['is out of quota', 'sim-t20-r200-e429-after60', false],
  ['fails', 'sim-t20-r200-e500', false],
  ['stops in mid-sentence', 'sim-t20-r200-x-cut10', true],
  ['sends what is no JSON', 'sim-t20-r200-x-bad10', true],
];

/** Every error is answered with the right status and a sentence that says what to do, and the chat can continue. */
describe('bad input', () => {
  let simulator: Simulator;
  let system: RunningSystem;
  let account: Account;
  let other: Account;

  beforeAll(async () => {
    simulator = await startSimulator({
      port: 0,
      models: [MODEL, 'sim-t100-r30-x', 'sim-t300-r30', ...FAILING.map(([, model]) => model)],
    });
    system = await launchSystem({
      env: {
        OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
        OPENAI_API_KEYS: 'simulated',
        MAX_MESSAGE_CHARS: String(MAX_MESSAGE_CHARS),
      },
    });
    const admin = await signUpAdmin(system.baseUrl);
    [account, other] = (await addUsers(system.baseUrl, admin, 2)) as [Account, Account];
  });

  afterAll(async () => {
    await system?.stop();
    await simulator?.close();
  });

  const post = (path: string, body: unknown, token: string | undefined = account.token) =>
    http<ErrorReply>('POST', system.baseUrl + path, { token, body });
  const turn = (change: object = {}) => ({ ...newTurn(MODEL, 'hello', 'session'), ...change });
  const withContent = (content: unknown) => {
    const body = newTurn(MODEL, 'hello', 'session');
    return { ...body, user_message: { ...body.user_message, content } };
  };

  describe('is refused before anything happens', () => {
    it.each<[string, () => Promise<{ status: number; body: ErrorReply }>, number[], RegExp]>([
      [
        'an unknown model',
        () =>
          post(
            '/api/chat/completions',
            turn({ model: 'nope', message_ids: [{ model_id: 'nope', message_id: randomUUID() }] }),
          ),
        [400, 404],
        /nope/,
      ],
      ['an empty message', () => post('/api/chat/completions', withContent('   ')), [400, 422], /empty/i],
      [
        'a message that is too long',
        () => post('/api/chat/completions', withContent('x'.repeat(MAX_MESSAGE_CHARS + 1))),
        [400, 413],
        /5000 are allowed/,
      ],
      [
        'somebody else’s chat',
        () => post('/api/chat/completions', turn({ chat_id: randomUUID(), parent_id: null })),
        [401, 404],
        /./,
      ],
      ['wrong types', () => post('/api/chat/completions', turn({ user_message: 7 })), [422], /user_message/],
      ['no token', () => post('/api/chat/completions', turn(), ''), [401], /sign in|token/i],
      [
        'a token that was made up',
        () => post('/api/chat/completions', turn(), 'made.up.token'),
        [401],
        /sign in|token|session/i,
      ],
      [
        'a completion without messages',
        () => post('/api/v1/chat/completions', { model: MODEL }),
        [400, 422],
        /messages/,
      ],
      ['a path that does not exist', () => post('/api/v1/nothing/here', {}), [404], /./],
    ])('%s', async (_, send, statuses, sentence) => {
      const reply = await send();
      expect(statuses).toContain(reply.status);
      expect(reply.body.detail).toMatch(sentence);
    });

    it('malformed JSON', async () => {
      const reply = await request(`${system.baseUrl}/api/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${account.token}` },
        body: '{"model": ',
      });
      expect(reply.statusCode).toBe(400);
      expect(((await reply.body.json()) as ErrorReply).detail).toMatch(/JSON/);
    });

    it('a token that was signed out', async () => {
      const again = await http<{ token: string }>('POST', `${system.baseUrl}/api/v1/auths/signin`, {
        body: { email: 'user1@example.com', password: 'correct horse battery staple' },
      });
      await http('POST', system.baseUrl + routes.auths.signOut.path, { token: again.body.token, body: {} });
      await expect
        .poll(async () => (await post('/api/chat/completions', turn(), again.body.token)).status, { timeout: 1_500 })
        .toBe(401);
    });

    it('a chat, a stream and a stop of somebody else', async () => {
      const sent = await sendTurn(system.baseUrl, account, newTurn('sim-t100-r30-x', 'mine', 'session'));
      const as = { token: other.token };
      expect((await http('GET', `${system.baseUrl}/api/v1/chats/${sent.chatId}`, as)).status).toBe(401);
      expect([401, 403, 404]).toContain(
        (await http('GET', `${system.baseUrl}/api/v1/runs/${sent.runId}/events`, as)).status,
      );
      await http('POST', `${system.baseUrl}/api/tasks/chat/${sent.chatId}/stop`, { ...as, body: {} });
      await http('POST', `${system.baseUrl}/api/tasks/stop/${sent.runId}`, { ...as, body: {} });
      const answer = await doneAnswer(system.baseUrl, account, sent);
      expect(answer.content).toBe(expectedText('sim-t100-r30-x', 'mine', 100));
    });
  });

  describe('of the provider ends the answer, marked, in a chat that can continue', () => {
    it.each(FAILING)('%s', async (_, model, partial) => {
      const body = newTurn(model, 'try this', 'session');
      const sent = await sendTurn(system.baseUrl, account, body);
      const failed = await doneAnswer(system.baseUrl, account, sent);
      expect(JSON.stringify(failed.error)).toMatch(/content/);
      if (partial) expect(expectedText(model, 'try this', 20).startsWith(String(failed.content))).toBe(true);

      // The same message again, with a working provider: a version beside the failed answer, which is not overwritten.
      const id = randomUUID();
      const again = {
        ...body,
        id,
        model: MODEL,
        chat_id: sent.chatId,
        message_ids: [{ model_id: MODEL, message_id: id, modelIdx: 0 }],
      };
      const retried = await sendTurn(system.baseUrl, account, again);
      expect(retried.runId).not.toBe(sent.runId);
      expect(retried.chatId).toBe(sent.chatId);
      await expect
        .poll(
          async () =>
            (await getChat(system.baseUrl, account, sent.chatId)).chat.history?.messages[retried.messageId]?.content,
          { timeout: 15_000 },
        )
        .toBe(expectedText(MODEL, 'try this', 20));
      const messages = Object.values(
        (await getChat(system.baseUrl, account, sent.chatId)).chat.history?.messages ?? {},
      );
      expect(messages).toHaveLength(3);
      expect(messages.find((message) => message.id === sent.messageId)).toMatchObject({
        content: failed.content,
        error: failed.error,
      });
      const naming = await http<ErrorReply>('POST', `${system.baseUrl}/api/chat/completions`, {
        token: account.token,
        body: { ...body, chat_id: sent.chatId, user_message: { ...body.user_message, id: randomUUID() } },
      });
      expect([naming.status, naming.body.detail]).toEqual([409, expect.stringContaining('new message id')]);
    });
  });

  it('too many answers at once are refused with Retry-After', async () => {
    const replies = await Promise.all(
      Array.from({ length: 40 }, () =>
        http<ErrorReply & { chat_id?: string }>('POST', `${system.baseUrl}/api/chat/completions`, {
          token: other.token,
          body: newTurn('sim-t300-r30', 'many', 'session'),
        }),
      ),
    );
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    await Promise.all(
      replies.map(
        ({ body }) =>
          body.chat_id && http('DELETE', `${system.baseUrl}/api/v1/chats/${body.chat_id}`, { token: other.token }),
      ),
    );
  });
});
