import { randomUUID } from 'node:crypto';
import { declaredRoutes } from '@perennial/contracts-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge, toToken } from '../../test/edge';

/** Whether a route can be called, and who may not. Every mounted route is tested, so a new one cannot be forgotten. */
describe('access to routes', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const call = async (method: string, path: string, headers: Record<string, string>) => {
    const before = edge.rpc.commands.length;
    const url = path.replaceAll(/:[a-z_]+/g, randomUUID());
    const reply = await edge.app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(method === 'POST' ? { payload: {} } : {}),
    });
    return {
      status: reply.statusCode,
      detail: reply.json<{ detail?: string }>().detail,
      commands: edge.rpc.commands.length - before,
    };
  };
  const closed = () => edge.routes().filter(({ route }) => route?.access !== 'public');

  it('every handler declares who may call it', () => {
    expect(edge.routes().filter(({ route }) => route === undefined)).toEqual([]);
    expect(edge.routes().length).toBeGreaterThan(60);
  });

  it('every declared route is mounted', () => {
    const mounted = new Set(edge.routes().map(({ method, path }) => `${method} ${path}`));
    expect(declaredRoutes().length).toBeGreaterThan(70);
    for (const { route } of declaredRoutes()) {
      const { method, path, aliases } = route;
      for (const each of [path, ...(aliases ?? [])]) expect(mounted).toContain(`${method} ${each}`);
    }
  });

  it('public are only the routes before signing in', () => {
    const open = edge.routes().filter(({ route }) => route?.access === 'public');
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /api/changelog',
      'GET /api/config',
      'GET /api/version',
      'GET /docs',
      'GET /docs/:file',
      'GET /health',
      'GET /manifest.json',
      'GET /ready',
      'POST /api/v1/auths/signin',
      'POST /api/v1/auths/signout',
      'POST /api/v1/auths/signup',
    ]);
  });

  it('without a token: 401', async () => {
    for (const { method, path } of closed()) {
      const reply = await call(method, path, {});
      expect({ path, ...reply }).toEqual({
        path,
        status: 401,
        detail: 'You are not signed in. Sign in and try again.',
        commands: 0,
      });
    }
  });

  it.each([
    ['made up', () => 'not.a.token'],
    ['signed by somebody else', () => toToken({ id: randomUUID() }, 'another secret, also long enough')],
    ['expired', () => toToken({ id: randomUUID(), exp: Math.floor(Date.now() / 1_000) - 1 })],
    ['of an account that is gone', () => toToken({ id: randomUUID() })],
    [
      'unsigned',
      () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ id: randomUUID(), jti: 'x', iat: 1 })).toString('base64url')}.`,
    ],
  ])('with a token that is %s: 401', async (_, token) => {
    for (const { method, path } of closed().filter((_route, index) => index % 7 === 0)) {
      const reply = await call(method, path, { authorization: `Bearer ${token()}` });
      expect({ path, ...reply }).toEqual({
        path,
        status: 401,
        detail: 'Your session has ended. Sign in again.',
        commands: 0,
      });
    }
  });

  it('with an account that is not activated: 403, except for its own session', async () => {
    const { headers } = edge.account('pending');
    for (const { method, path, route } of closed().filter(({ route }) => route?.access !== 'signed-in')) {
      const detail =
        route?.access === 'admin'
          ? 'Only an administrator may do this.'
          : 'Your account is waiting for an administrator to activate it.';
      expect({ path, ...(await call(method, path, headers)) }).toEqual({ path, status: 403, detail, commands: 0 });
    }
  });

  it('with an ordinary account: 403 on routes for administrators', async () => {
    const { headers } = edge.account('user');
    const admins = closed().filter(({ route }) => route?.access === 'admin');
    expect(admins.length).toBeGreaterThan(10);
    for (const { method, path } of admins) {
      const expected = { path, status: 403, detail: 'Only an administrator may do this.', commands: 0 };
      expect({ path, ...(await call(method, path, headers)) }).toEqual(expected);
    }
  });

  it('a change by cookie needs our own origin', async () => {
    const { token } = edge.account('admin');
    const cookie = `token=${token}`;
    for (const { method, path } of closed().filter(({ method }) => method !== 'GET')) {
      for (const foreign of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'null' },
        {},
      ]) {
        const reply = await call(method, path, { cookie, host: 'app.example', ...(foreign as Record<string, string>) });
        expect({ path, status: reply.status, commands: reply.commands }).toEqual({ path, status: 403, commands: 0 });
      }
    }
  });

  it('a change by cookie from our own page goes through', async () => {
    const { token } = edge.account('user');
    const own = { cookie: `token=${token}`, host: 'app.example' };
    for (const headers of [
      { ...own, origin: 'https://app.example' },
      { ...own, 'sec-fetch-site': 'same-origin' },
    ]) {
      const reply = await edge.app.inject({
        method: 'POST',
        url: '/api/v1/auths/update/timezone',
        headers,
        payload: { timezone: '' },
      });
      expect(reply.statusCode).toBe(422);
    }
  });
});
