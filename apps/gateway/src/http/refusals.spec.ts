import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

/** No request can make us search for, or send, more than a few errors about it. */
describe('an error reply stays small', () => {
  let edge: Edge;
  let headers: { authorization: string };
  beforeAll(async () => {
    edge = await startEdge();
    headers = edge.account('admin').headers;
  });
  afterAll(() => edge.close());

  const many = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
  const completion = (messages: unknown) => ({ model: 'm', messages });
  const chat = (messages: object) => ({ chat: { history: { messages } } });
  const key = 'k'.repeat(1_000_000);

  it.each<[string, string, unknown, number, number]>([
    ['half a million messages that are numbers', '/api/v1/chat/completions', completion(many(500_000, 1)), 400, 0],
    ['five thousand messages that are numbers', '/api/v1/chat/completions', completion(many(5_000, 1)), 400, 1],
    ['more messages than are allowed', '/api/v1/chat/completions', completion(many(5_001, { role: 'x' })), 400, 1],
    [
      'parts of a content',
      '/api/chat/completions',
      { model: 'm', session_id: 's', parent_id: null, user_message: { id: 'q', content: many(10_000, 1) } },
      422,
      1,
    ],
    [
      'a chat of ten thousand numbers',
      '/api/v1/chats/new',
      chat(Object.fromEntries(many(10_000, 1).entries())),
      422,
      20,
    ],
    ['a name of a megabyte', '/api/v1/chats/new', chat({ [key]: 1 }), 422, 1],
    ['files of which none is one', '/api/v1/knowledge/x/files/batch/add', many(1_000, 1), 422, 1],
    ['a few faults, all named', '/api/v1/knowledge/x/files/batch/add', many(9, 1), 422, 9],
    ['many faults, of which the first are named', '/api/v1/knowledge/x/files/batch/add', many(99, 1), 422, 20],
  ])('%s', async (_, url, payload, status, faults) => {
    const reply = await edge.app.inject({ method: 'POST', url, headers, payload: payload as object });
    const body = reply.json<{ detail: string; errors?: object[] }>();
    expect([reply.statusCode, body.errors?.length ?? 0]).toEqual([status, faults]);
    expect(body.detail.length).toBeLessThan(4_000);
    expect(reply.rawPayload.length).toBeLessThan(20_000);
    expect(edge.rpc.commands).toEqual([]);
  });

  it('a long address', async () => {
    const reply = await edge.app.inject({ method: 'GET', url: `/api/v1/${'x'.repeat(15_000)}`, headers });
    expect(reply.statusCode).toBe(404);
    expect(reply.rawPayload.length).toBeLessThan(20_000);
  });

  it('the message repeats the first errors only', async () => {
    const url = '/api/v1/knowledge/x/files/batch/add';
    const reply = await edge.app.inject({ method: 'POST', url, headers, payload: many(6, 1) });
    expect(reply.json<{ detail: string }>().detail).toBe(
      `${[0, 1, 2, 3, 4].map((at) => `${at}: must be an object`).join('; ')}; and more`,
    );
  });
});
