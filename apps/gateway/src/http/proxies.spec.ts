import { sessions } from '@perennial/contracts-auth';
import { CallError } from '@perennial/contracts-kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';

/** Sign-ins are limited by address: a client that could choose its address would have no limit. */
describe('the address of a caller', () => {
  let edge: Edge;
  afterEach(() => edge.close());

  const addressOf = async (remoteAddress: string, headers: Record<string, string>) => {
    edge.rpc.fails(sessions.signIn, new CallError('INVALID_ARGUMENT', 'no'));
    await edge.app.inject({
      method: 'POST',
      url: '/api/v1/auths/signin',
      remoteAddress,
      headers,
      payload: { email: 'a@b.example', password: 'p' },
    });
    return (edge.rpc.calls.at(-1)?.request as { address: string }).address;
  };

  it('is that of the connection, regardless of its headers', async () => {
    edge = await startEdge();
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip'])
      expect(await addressOf('203.0.113.7', { [name]: '198.51.100.1' })).toBe('203.0.113.7');
  });

  it('is taken from a trusted proxy only', async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.0/8' });
    expect(await addressOf('10.1.2.3', { 'x-forwarded-for': '203.0.113.7' })).toBe('203.0.113.7');
    // The client's own header is left of what the proxy appended.
    expect(await addressOf('10.1.2.3', { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).toBe('203.0.113.7');
    expect(await addressOf('203.0.113.9', { 'x-forwarded-for': '198.51.100.1' })).toBe('203.0.113.9');
  });

  it('an untrusted peer’s scheme is ignored too: no secure cookie without TLS', async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.0/8' });
    const cookie = async (remoteAddress: string) => {
      const { headers, token } = edge.account('user');
      const reply = await edge.app.inject({
        method: 'GET',
        url: '/api/v1/auths/',
        remoteAddress,
        headers: { ...headers, 'x-forwarded-proto': 'https' },
      });
      expect(String(reply.headers['set-cookie'])).toContain(`token=${token}; `);
      return String(reply.headers['set-cookie']);
    };
    expect(await cookie('10.1.2.3')).toMatch(/^__Host-.*; HttpOnly; Secure; SameSite=Lax$/);
    expect(await cookie('203.0.113.9')).toMatch(/; HttpOnly; SameSite=Lax$/);
  });
});

describe('headers of every answer', () => {
  it('let no page show it, run it, or guess what it is', async () => {
    const edge = await startEdge();
    const { headers } = edge.account('user');
    for (const url of ['/api/config', '/api/v1/nothing', '/nothing', '/api/v1/tools/', '/%']) {
      const reply = await edge.app.inject({ method: 'GET', url, headers });
      expect([url, reply.headers['content-security-policy']]).toEqual([
        url,
        "default-src 'none'; frame-ancestors 'none'",
      ]);
      if (url === '/%') continue;
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(reply.headers).not.toHaveProperty('x-powered-by');
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
    }
    await edge.close();
  });
});
