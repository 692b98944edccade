import { sessions, users } from '@perennial/contracts-auth';
import { chats, completions, runs } from '@perennial/contracts-chat';
import { models } from '@perennial/contracts-config';
import type { ErrorReply } from '@perennial/contracts-gateway';
import { type Call, CallError, type ErrorCode, PROBLEM_OF } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

const turn = (change: object = {}) => ({
  model: 'm',
  session_id: 's',
  parent_id: null,
  id: 'answer',
  user_message: { id: 'question', role: 'user', content: 'Hello' },
  ...change,
});

const completion = (change: object) => ({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...change });

/** Requests that the edge itself refuses, with the exact message. Nothing reaches another service. */
describe('bad input at the edge', () => {
  let edge: Edge;
  let headers: { authorization: string };
  beforeAll(async () => {
    edge = await startEdge({ BODY_LIMIT_BYTES: '2048' });
    headers = edge.account('admin').headers;
  });
  afterAll(() => edge.close());

  const send = async (url: string, payload: unknown, more: Record<string, string> = {}) => {
    const before = edge.rpc.commands.length;
    const reply = await edge.app.inject({
      method: 'POST',
      url,
      headers: { ...headers, ...more },
      payload: payload as object,
    });
    const { detail } = reply.json<{ detail: string }>();
    return { status: reply.statusCode, detail, calls: edge.rpc.commands.length - before, reply };
  };

  it.each<[string, string, unknown, number, string]>([
    ['a sign-in without fields', '/api/v1/auths/signin', {}, 422, 'email: is required; password: is required'],
    ['no address', '/api/v1/auths/signin', { email: 'x', password: 'y' }, 422, 'email: must be an e-mail address'],
    [
      'wrong types',
      '/api/v1/auths/signin',
      { email: 1, password: [] },
      422,
      'email: must be a string; password: must be a string',
    ],
    [
      'an empty name',
      '/api/v1/auths/signup',
      { name: ' ', email: 'a@b.example', password: 'eight characters' },
      422,
      'name: must not be empty',
    ],
    ['a list for a body', '/api/v1/auths/signin', [], 422, 'body: must be an object'],
    [
      'a role that there is not',
      '/api/v1/auths/add',
      { name: 'n', email: 'a@b.example', password: 'eight characters', role: 'god' },
      422,
      'role: invalid option: expected one of "admin"|"user"|"pending"',
    ],
    ['an address that is none', '/openai/verify', { url: 'ftp://x' }, 422, 'url: must be an http or https address'],
    ['a user id that is none', '/api/v1/users/7/update', {}, 422, 'id: is not the id of a user'],
    ['a turn without a model', '/api/chat/completions', turn({ model: '' }), 422, 'model: must name a model'],
    [
      'an answer under a name that no object can keep',
      '/api/chat/completions',
      turn({ id: '__proto__' }),
      422,
      'id: is not the id of a message',
    ],
    [
      'a time that is none',
      '/api/v1/chats/new',
      { chat: { history: { messages: { a: { id: 'a', role: 'user', timestamp: 1e300 } } } } },
      422,
      'chat.history.messages.a.timestamp: too big: expected number to be <=100000000000000',
    ],
    [
      'a place among answers that is none',
      '/api/chat/completions',
      turn({ message_ids: [{ model_id: 'm', message_id: 'a', modelIdx: 9e15 }] }),
      422,
      'message_ids.0.modelIdx: too big: expected number to be <=1000',
    ],
    [
      'a turn without a message',
      '/api/chat/completions',
      turn({ user_message: null }),
      422,
      'user_message: is required, or parent_id must name the message to answer again',
    ],
    [
      'a message that is a number',
      '/api/chat/completions',
      turn({ user_message: 7 }),
      422,
      'user_message: must be an object',
    ],
    [
      'content that is a number',
      '/api/chat/completions',
      turn({ user_message: { id: 'q', content: 7 } }),
      422,
      'user_message.content: must be text or a list of content parts',
    ],
    [
      'no answers',
      '/api/chat/completions',
      turn({ message_ids: [] }),
      422,
      'message_ids: must name at least one answer',
    ],
    [
      'a chat that is not saved',
      '/api/chat/completions',
      turn({ chat_id: 'local:1' }),
      400,
      'chat_id: chats that are not saved are not supported; leave chat_id out to begin a chat',
    ],
    [
      'a chat id that is none',
      '/api/chat/completions',
      turn({ chat_id: 'x' }),
      404,
      'There is no such chat, or it is not yours. Leave chat_id out to begin a new one.',
    ],
    ['no messages', '/api/v1/chat/completions', { model: 'm' }, 400, 'messages: is required'],
    [
      'an empty list of messages',
      '/api/v1/chat/completions',
      { model: 'm', messages: [] },
      400,
      'messages: must hold at least one message',
    ],
    [
      'a message without a role',
      '/api/v1/chat/completions',
      { model: 'm', messages: [{}] },
      400,
      'messages.0.role: is required',
    ],
    ['no body at all', '/api/v1/chat/completions', undefined, 400, 'model: is required; messages: is required'],
    [
      'a temperature of words',
      '/v1/chat/completions',
      completion({ temperature: 'hot' }),
      400,
      'temperature: must be a number',
    ],
    ['no choices', '/openai/chat/completions', completion({ n: 0 }), 400, 'n: too small: expected number to be >=1'],
    [
      'a list of lengths',
      '/api/v1/chat/completions',
      completion({ max_tokens: [1] }),
      400,
      'max_tokens: must be a number',
    ],
    [
      'a base URL without its end',
      '/chat/completions',
      completion({}),
      404,
      'There is nothing at POST /chat/completions. The base URL of the OpenAI-compatible API ends with /api/v1.',
    ],
    ['a chat without a chat', '/api/v1/chats/new', {}, 422, 'chat: is required'],
    [
      'somebody else’s chat',
      '/api/v1/chats/not-an-id',
      { chat: {} },
      401,
      'There is no such chat, or it is not yours. Open one from your list.',
    ],
    [
      'a pin that is neither on nor off',
      '/api/v1/chats/7e46a2ed-1dc3-4221-a341-a370ad0fe576/pin',
      { pinned: 'yes' },
      422,
      'pinned: must be a boolean',
    ],
    [
      'the archive for no chat',
      '/api/v1/chats/x/archive',
      undefined,
      401,
      'There is no such chat, or it is not yours. Open one from your list.',
    ],
    [
      'a stop of no chat',
      '/api/tasks/chat/x/stop',
      {},
      401,
      'There is no such chat, or it is not yours. Open one from your list.',
    ],
    ['a stop of no task', '/api/tasks/stop/x', {}, 404, 'There is no such task, or it is not yours.'],
    ['an unknown path', '/api/v1/nothing/here', {}, 404, 'There is nothing at POST /api/v1/nothing/here.'],
    [
      'a body that is too large',
      '/api/v1/auths/signin',
      { email: 'x'.repeat(3_000) },
      413,
      'The request is too large. Send less, or ask the administrator to raise BODY_LIMIT_BYTES.',
    ],
  ])('%s', async (_, url, payload, status, detail) => {
    expect(await send(url, payload)).toMatchObject({ status, detail, calls: 0 });
  });

  it('malformed JSON', async () => {
    const reply = await send('/api/v1/auths/signin', '{"email":', { 'content-type': 'application/json' });
    expect(reply).toMatchObject({
      status: 400,
      detail: 'The body is not valid JSON, or the address is malformed. Check the request.',
      calls: 0,
    });
  });

  it('another kind of body', async () => {
    const reply = await send('/api/v1/auths/signin', 'email=x', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(reply).toMatchObject({
      status: 415,
      detail: 'The body must be JSON: send the header "Content-Type: application/json".',
    });
  });

  it('accepts the JSON header without a body, as existing clients send it', async () => {
    const reply = await send('/api/tasks/stop/x', '', { 'content-type': 'application/json' });
    expect(reply.status).toBe(404);
  });

  it('lists each field that is wrong', async () => {
    const { reply } = await send('/api/v1/auths/signin', { email: 'x' });
    expect(reply.json()).toMatchObject({
      errors: [
        { field: 'email', message: 'must be an e-mail address' },
        { field: 'password', message: 'is required' },
      ],
    });
  });

  it('an unknown OpenAI address gets OpenAI’s error', async () => {
    const { reply } = await send('/api/v1/embeddings', { input: 'x' });
    const message = 'There is nothing at POST /api/v1/embeddings.';
    expect([reply.statusCode, reply.json()]).toEqual([
      404,
      {
        ...{ detail: message, code: 'address_not_found' },
        error: { message, type: 'invalid_request_error', code: 'unknown_url', param: null },
      },
    ]);
  });

  it('names the invalid parameter where OpenAI’s clients read it', async () => {
    const { reply } = await send('/api/v1/chat/completions', completion({ temperature: 'hot' }));
    expect(reply.json()).toMatchObject({ error: { type: 'invalid_request_error', code: null, param: 'temperature' } });
  });

  it('an idempotency key that is too long', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
    const reply = await send('/api/v1/chat/completions', body, { 'idempotency-key': 'k'.repeat(256) });
    expect(reply).toMatchObject({
      status: 422,
      detail: 'Idempotency-Key: must be one value of at most 255 characters',
      calls: 0,
    });
  });

  it('an invalid cursor', async () => {
    const url = '/api/v1/runs/7e46a2ed-1dc3-4221-a341-a370ad0fe576/events?cursor=soon';
    const reply = await edge.app.inject({ method: 'GET', url, headers });
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({
      detail: 'cursor: must be the id of an event of this stream, such as "1.1.120"',
    });
  });

  it('an answer that does not exist', async () => {
    for (const id of ['x', '7e46a2ed-1dc3-4221-a341-a370ad0fe576']) {
      const reply = await edge.app.inject({ method: 'GET', url: `/api/v1/runs/${id}/events`, headers });
      expect([reply.statusCode, reply.json<{ detail: string }>().detail]).toEqual([
        404,
        'There is no such answer, or it is not yours.',
      ]);
    }
  });
});

describe('refusals of another service', () => {
  let edge: Edge;
  let headers: { authorization: string };
  beforeAll(async () => {
    edge = await startEdge();
    headers = edge.account('user').headers;
  });
  afterAll(() => edge.close());

  const chat = '/api/v1/chats/7e46a2ed-1dc3-4221-a341-a370ad0fe576';
  const completion = { model: 'nope', messages: [{ role: 'user', content: 'x' }] };
  const signIn = { email: 'a@b.example', password: 'eight characters' };
  it.each<[string, 'GET' | 'POST', string, object | undefined, Call, ErrorCode, number]>([
    ['a wrong password', 'POST', '/api/v1/auths/signin', signIn, sessions.signIn, 'INVALID_ARGUMENT', 400],
    ['too many attempts', 'POST', '/api/v1/auths/signin', signIn, sessions.signIn, 'RESOURCE_EXHAUSTED', 429],
    [
      'sign-up that is off',
      'POST',
      '/api/v1/auths/signup',
      { ...signIn, name: 'n' },
      users.signUp,
      'PERMISSION_DENIED',
      403,
    ],
    [
      'an address that is taken',
      'POST',
      '/api/v1/auths/signup',
      { ...signIn, name: 'n' },
      users.signUp,
      'ALREADY_EXISTS',
      400,
    ],
    ['an unknown model', 'POST', '/api/chat/completions', turn(), runs.accept, 'NOT_FOUND', 404],
    ['an empty message', 'POST', '/api/chat/completions', turn(), runs.accept, 'INVALID_ARGUMENT', 400],
    ['too many answers at once', 'POST', '/api/chat/completions', turn(), runs.accept, 'RESOURCE_EXHAUSTED', 429],
    ['a full queue', 'POST', '/api/chat/completions', turn(), runs.accept, 'UNAVAILABLE', 503],
    [
      'another body under the same key',
      'POST',
      '/api/v1/chat/completions',
      completion,
      completions.accept,
      'IDEMPOTENCY_MISMATCH',
      422,
    ],
    ['a chat that is not there', 'GET', chat, undefined, chats.get, 'NOT_FOUND', 401],
    ['Redis that is away', 'GET', '/api/models', undefined, models.list, 'UNAVAILABLE', 503],
    ['a service that does not answer', 'GET', '/api/models', undefined, models.list, 'DEADLINE_EXCEEDED', 504],
  ])('%s', async (_, method, url, payload, call, code, status) => {
    edge.rpc.fails(call, new CallError(code, 'What to do about it.', { retryAfter: 2.2 }));
    const reply = await edge.app.inject({ method, url, headers, payload });
    expect(reply.statusCode).toBe(status);
    const yours =
      status === 401 ? 'There is no such chat, or it is not yours. Open one from your list.' : 'What to do about it.';
    const problem = status === 401 ? 'chat_not_found' : PROBLEM_OF[code];
    expect(reply.json()).toMatchObject({ detail: yours, code: problem });
    if (status === 429 || status === 503) {
      expect([reply.headers['retry-after'], reply.json<ErrorReply>().retry_after]).toEqual(['3', 3]);
    }
    expect(reply.headers['www-authenticate']).toBeUndefined();
  });

  it('a refusal with a code of its own tells that one, whatever its status becomes', async () => {
    const taken = new CallError('ALREADY_EXISTS', 'Taken.', { problem: 'email_taken' });
    edge.rpc.fails(users.signUp, taken);
    const payload = { ...signIn, name: 'n' };
    const reply = await edge.app.inject({ method: 'POST', url: '/api/v1/auths/signup', payload });
    expect([reply.statusCode, reply.json()]).toEqual([400, { detail: 'Taken.', code: 'email_taken' }]);
  });

  it('an unexpected error is an id and nothing else', async () => {
    edge.rpc.on(models.list, () => {
      throw new Error('password=hunter2 in a stack trace');
    });
    const reply = await edge.app.inject({ method: 'GET', url: '/api/models', headers });
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('hunter2');
    const { detail, error_id: id } = reply.json<{ detail: string; error_id: string }>();
    expect(id).toMatch(/^err-[0-9a-f]{12}$/);
    expect(detail).toContain(id);
  });

  it('the message is where OpenAI’s clients read it', async () => {
    edge.rpc.fails(completions.accept, new CallError('NOT_FOUND', 'The model "nope" does not exist.'));
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/chat/completions',
      headers,
      payload: completion,
    });
    expect(reply.json()).toEqual({
      detail: 'The model "nope" does not exist.',
      code: 'not_found',
      error: {
        message: 'The model "nope" does not exist.',
        type: 'invalid_request_error',
        code: 'model_not_found',
        param: null,
      },
    });
  });
});
