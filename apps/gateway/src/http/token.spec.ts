import { sessions } from '@perennial/contracts-auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge, toToken } from '../../test/edge';
import { parseCredentials, sessionCookies } from './token';

describe('the session cookie', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.0/8' });
  });
  afterAll(() => edge.close());

  const send = (headers: Record<string, string>, method: 'GET' | 'POST' = 'GET', url = '/api/v1/auths/') =>
    edge.app.inject({ method, url, remoteAddress: '10.1.2.3', headers });
  const cookiesOf = (reply: { headers: Record<string, unknown> }): string[] =>
    [reply.headers['set-cookie'] as string[]].flat();

  it('is bound to the host with TLS, and also has its plain name for replicas of the previous version', async () => {
    const { headers, token } = edge.account('user');
    const secure = cookiesOf(await send({ ...headers, 'x-forwarded-proto': 'https' }));
    expect(secure).toHaveLength(2);
    expect(secure[0]).toMatch(`__Host-token=${token}; `);
    expect(secure[1]).toMatch(`token=${token}; `);
    for (const cookie of secure) expect(cookie).toMatch(/; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/);
    const plain = cookiesOf(await send(headers));
    expect(plain).toHaveLength(1);
    expect(plain[0]).toMatch(`token=${token}; `);
    expect(plain[0]).not.toContain('Secure');
  });

  it('is removed under both names', async () => {
    edge.rpc.on(sessions.signOut, () => ({}));
    const { headers } = edge.account('user');
    const reply = await send({ ...headers, 'x-forwarded-proto': 'https' }, 'POST', '/api/v1/auths/signout');
    expect(cookiesOf(reply).map((cookie) => cookie.split(';')[0])).toEqual(['__Host-token=', 'token=']);
  });

  it.each(['token', '__Host-token', '__Secure-token'])('is read under the name %s', async (name) => {
    const { token, user } = edge.account('user');
    const reply = await send({ cookie: `a=b; ${name}=${token}; c` });
    expect(reply.json()).toMatchObject({ id: user.id });
  });

  it('an expired one does not hide another', async () => {
    const { token, user } = edge.account('user');
    const over = toToken({ id: user.id, exp: 1 });
    const reply = await send({ cookie: `__Host-token=${over}; token=${token}` });
    expect(reply.json()).toMatchObject({ id: user.id, token });
    expect((await send({ cookie: `__Host-token=${over}; token=${over}` })).statusCode).toBe(401);
  });

  it('that is bound to the host wins over one that another host of the domain may have set', () => {
    expect(sessionCookies('token=neighbour; __Host-token=own')).toEqual(['own', 'neighbour']);
    expect(sessionCookies('token=first; token=second')).toEqual(['first']);
    expect(sessionCookies('token=; __Host-token; =x')).toEqual([]);
  });

  it('is ignored if the header has a token', () => {
    const headers = { authorization: 'Bearer h', cookie: 'token=c' };
    expect(parseCredentials({ headers })).toEqual({ from: 'header', tokens: ['h'] });
    expect(parseCredentials({ headers: { cookie: 'token=c' } })).toEqual({ from: 'cookie', tokens: ['c'] });
    expect(parseCredentials({ headers: { authorization: 'Basic x' } })).toEqual({ from: 'none', tokens: [] });
  });
});
