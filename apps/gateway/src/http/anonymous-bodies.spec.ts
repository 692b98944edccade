import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge, toToken } from '../../test/edge';

describe('large bodies', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const large = { email: 'a@b.example', password: 'p'.repeat(3_000_000) };
  const send = async (headers: Record<string, string>, payload: unknown = large) => {
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/auths/signin',
      headers,
      payload: payload as object,
    });
    return [reply.statusCode, reply.json<{ detail: string }>().detail];
  };

  it.each<[string, () => Record<string, string>]>([
    ['nobody', () => ({})],
    ['a token that was made up', () => ({ authorization: 'Bearer made.up.token' })],
    [
      'a token of somebody else',
      () => ({ authorization: `Bearer ${toToken({ id: randomUUID() }, 'another secret, also long enough')}` }),
    ],
    ['a token that has expired', () => ({ authorization: `Bearer ${toToken({ id: randomUUID(), exp: 1 })}` })],
  ])('of %s are refused unread', async (_, headers) => {
    expect(await send(headers())).toEqual([
      413,
      'The request is too large for a client that is not signed in. Sign in first.',
    ]);
  });

  it('without a session and of unknown length are refused unread', async () => {
    expect(await send({ 'transfer-encoding': 'chunked' }, { email: 'x' })).toEqual([
      411,
      'Say how long the body is (header Content-Length), or sign in first.',
    ]);
  });

  it('of a session are read, and small ones without one', async () => {
    expect((await send(edge.account('user').headers))[1]).toMatch(/^password: too big/);
    const byCookie = { cookie: `token=${edge.account('user').token}`, 'sec-fetch-site': 'same-origin' };
    expect((await send(byCookie))[0]).toBe(422);
    expect((await send({}, { email: 'x' }))[0]).toBe(422);
  });
});
