import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { frame, handshake, head, RawConnection } from '../../test/raw-connection';
import { SocketUsers } from '../features/sockets/socket-users';
import { Origins } from './origins';

const PROXY = '10.1.2.3';
const BROWSER = '203.0.113.7';
const TLS = { 'x-forwarded-proto': 'https' };

/** Origins of pages, as browsers and proxies of all kinds send them. */
describe('a change by cookie', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.0/8', CORS_ALLOW_ORIGIN: 'https://app.example;*' });
  });
  afterAll(() => edge.close());

  it.each<[string, boolean, string, Record<string, string>]>([
    ['from our page', true, BROWSER, { host: 'x.example', origin: 'http://x.example' }],
    ['with the default port in the host', true, PROXY, { host: 'x.example:443', origin: 'https://x.example', ...TLS }],
    ['with the default port of no TLS', true, BROWSER, { host: 'x.example:80', origin: 'http://x.example' }],
    ['from another port', false, PROXY, { host: 'x.example:8443', origin: 'https://x.example', ...TLS }],
    ['from a page without TLS where TLS is', false, PROXY, { host: 'x.example', origin: 'http://x.example', ...TLS }],
    ['behind a TLS proxy that is not configured', true, BROWSER, { host: 'x.example', origin: 'https://x.example' }],
    ['where a proxy changes the host', false, PROXY, { host: '127.0.0.1:8080', origin: 'https://x.example', ...TLS }],
    [
      'where a proxy changes the host and says so',
      true,
      PROXY,
      { host: '127.0.0.1:8080', 'x-forwarded-host': 'x.example', origin: 'https://x.example', ...TLS },
    ],
    [
      'where an untrusted client says so',
      false,
      BROWSER,
      { host: '127.0.0.1:8080', 'x-forwarded-host': 'x.example', origin: 'https://x.example' },
    ],
    [
      'where a proxy changes the host and the browser has compared',
      true,
      BROWSER,
      { host: '127.0.0.1:8080', origin: 'https://x.example', 'sec-fetch-site': 'same-origin' },
    ],
    [
      'from a neighbour below the same domain',
      false,
      PROXY,
      { host: 'x.example', origin: 'https://y.x.example', 'sec-fetch-site': 'same-site', ...TLS },
    ],
    ['from a page that is named', true, PROXY, { host: 'x.example', origin: 'https://app.example', ...TLS }],
    ['from any page, because of the star', false, PROXY, { host: 'x.example', origin: 'https://evil.example', ...TLS }],
    ['from the origin "*"', false, PROXY, { host: 'x.example', origin: '*', ...TLS }],
  ])('%s: %s', async (_, passes, remoteAddress, headers) => {
    const { token } = edge.account('user');
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/auths/update/timezone',
      remoteAddress,
      headers: { ...headers, cookie: `token=${token}` },
      payload: { timezone: '' },
    });
    expect(reply.statusCode).toBe(passes ? 422 : 403);
  });

  it('without a host is refused', () => {
    const site = { scheme: 'https', host: undefined };
    expect(new Origins([]).trusts('https://x.example', undefined, site)).toBe(false);
    expect(new Origins(['https://x.example/']).trusts('https://x.example', undefined, site)).toBe(true);
  });

  it('that only reads ignores the cookies of a cross-site page, even with CORS for all; a token in the header is accepted', async () => {
    const { token, headers } = edge.account('user');
    const statusOf = async (more: Record<string, string>) =>
      (await edge.app.inject({ method: 'GET', url: '/api/v1/auths/', headers: { host: 'x.example', ...more } }))
        .statusCode;
    const cookie = `token=${token}`;
    expect(await statusOf({ cookie, origin: 'https://evil.example' })).toBe(401);
    expect(await statusOf({ cookie, origin: 'https://x.example' })).toBe(200);
    expect(await statusOf({ cookie })).toBe(200);
    expect(await statusOf({ ...headers, origin: 'https://evil.example' })).toBe(200);
  });

  it('below a path of a shared host has a cookie for that path, which only a trusted proxy can name', async () => {
    const { headers } = edge.account('user');
    const cookies = async (remoteAddress: string, prefix: string) => {
      const all = { ...headers, ...TLS, 'x-forwarded-prefix': prefix };
      const reply = await edge.app.inject({ method: 'GET', url: '/api/v1/auths/', remoteAddress, headers: all });
      return [reply.headers['set-cookie']].flat().map((cookie) => String(cookie).replace(/=[^;]+; .*?Path=/, ' '));
    };
    expect(await cookies(PROXY, '/apps/chat/')).toEqual([
      expect.stringMatching(/^__Secure-token \/apps\/chat;.*Secure/),
      expect.stringMatching(/^token \/apps\/chat;.*Secure/),
    ]);
    for (const [from, prefix] of [
      [BROWSER, '/apps/chat'],
      [PROXY, '/a b; Domain=evil'],
      [PROXY, '//evil.example'],
    ] as const) {
      for (const cookie of await cookies(from, prefix)) expect(cookie).toMatch(/^(?:__Host-)?token \/;/);
    }
  });
});

describe('over a socket', () => {
  let edge: Edge;
  let port: number;
  beforeAll(async () => {
    edge = await startEdge({
      CORS_ALLOW_ORIGIN: '*',
      ALLOWED_HOSTS: 'gateway.example, *.inside.example,::1',
      HSTS: 'max-age=600; includeSubDomains',
    });
    await edge.app.listen(0, '127.0.0.1');
    port = Number(new URL(await edge.app.getUrl()).port);
  });
  afterAll(() => edge.close());

  /** Everything received, after both sides are done. */
  const exchange = async (until: string | RegExp, ...pieces: (string | Buffer)[]): Promise<RawConnection> => {
    const connection = new RawConnection(port);
    for (const piece of pieces) connection.send(piece);
    await vi.waitFor(() => expect(connection.received).toMatch(until), 10_000);
    return connection;
  };

  it('a cross-site page may connect with CORS for all, and its cookies are ignored', async () => {
    const users = edge.app.get(SocketUsers);
    const connect = async (origin: string): Promise<RawConnection> => {
      const cookie = `token=${edge.account('user').token}`;
      const connection = await exchange('"sid"', handshake({ Origin: origin, Cookie: cookie }));
      connection.send(frame('40'));
      await vi.waitFor(() => expect(connection.received).toContain('40{"sid"'), 10_000);
      return connection;
    };
    const foreign = await connect('https://evil.example');
    const own = await connect('http://gateway.example');
    await vi.waitFor(() => expect(users.count).toBe(1), 10_000);
    own.reset();
    await vi.waitFor(() => expect(users.count).toBe(0), 10_000);
    expect(foreign.isOpen).toBe(true);
    foreign.reset();
  });

  it.each<[string, number, string]>([
    ['GET /api/config', 200, 'gateway.example:8080'],
    ['GET /api/config', 200, 'A.INSIDE.example'],
    ['GET /api/config', 200, '[::1]:8080'],
    ['GET /api/config', 421, 'inside.example'],
    ['GET /api/config', 421, 'rebound.evil.example'],
    ['GET /', 421, '127.0.0.1'],
    ['GET /health', 200, '127.0.0.1'],
    ['GET /ready', 200, '127.0.0.1'],
  ])('%s is %d for the host %s', async (line, status, host) => {
    const connection = await exchange(/\r\n\r\n/, head(line, { Host: host, Connection: 'close' }));
    expect(connection.received.split('\r\n', 1)[0]).toContain(` ${status} `);
    expect(connection.received.includes('known by the name')).toBe(status === 421);
  });

  it('a socket for another host is refused', async () => {
    const { received } = await exchange('not known', handshake({ Host: 'rebound.evil.example' }));
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each<[string, number, string | Buffer]>([
    ['headers beyond all measure', 431, head('GET /api/config', { A: 'b'.repeat(20_000) })],
    ['no HTTP', 400, 'hello\r\n\r\n'],
    ['a header that is none', 400, 'GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n'],
    ['an expectation', 417, head('GET /api/config', { Expect: 'the impossible' })],
    ['an upgrade to nothing', 404, head('GET /nothing', { Connection: 'Upgrade', Upgrade: 'websocket' })],
  ])('%s is answered with a message', async (_, status, bytes) => {
    const connection = await exchange(/"detail":"[^"]{20,}/, bytes);
    expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(connection.received).toMatch(/content-type: application\/json/i);
    await connection.closed;
  });

  it('sends Strict-Transport-Security only as configured', async () => {
    const reply = await edge.app.inject({ method: 'GET', url: '/health', headers: { host: 'gateway.example' } });
    expect(reply.headers['strict-transport-security']).toBe('max-age=600; includeSubDomains');
    const silent = await startEdge();
    const { headers } = await silent.app.inject({ method: 'GET', url: '/health' });
    expect(headers['strict-transport-security']).toBeUndefined();
    await silent.close();
  });
});

describe('a proxy that is not trusted', () => {
  it('is logged once', async () => {
    const edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.0/8' });
    const warn = vi.fn();
    vi.spyOn(edge.runtime, 'logger').mockReturnValue({ warn } as never);
    const send = (remoteAddress: string, headers: Record<string, string>) =>
      edge.app.inject({ method: 'GET', url: '/api/config', remoteAddress, headers });
    await send(PROXY, { 'x-forwarded-for': BROWSER });
    await send(BROWSER, {});
    expect(warn).not.toHaveBeenCalled();
    for (let request = 0; request < 3; request += 1) await send('192.0.2.1', { 'x-forwarded-for': BROWSER });
    expect(warn.mock.calls).toEqual([
      [{ peer: '192.0.2.1', header: 'x-forwarded-for' }, expect.stringContaining('TRUSTED_PROXIES')],
    ]);
    await edge.close();
  });
});

describe('a TCP balancer', () => {
  it.each<[string, string[], string, RegExp]>([
    ['says whose connection it is', ['127.0.0.1'], 'PROXY TCP4 203.0.113.7 10.0.0.1 5000 8080\r\n', /^203\.0\.113\.7$/],
    ['says so for IPv6', ['127.0.0.0/8'], 'PROXY TCP6 2001:db8::7 ::1 5000 8080\r\n', /^2001:db8::7$/],
    ['speaks for itself', ['127.0.0.1'], 'PROXY UNKNOWN\r\n', /127\.0\.0\.1$/],
    ['says nothing', ['127.0.0.1'], '', /127\.0\.0\.1$/],
    ['says nonsense', ['127.0.0.1'], 'PROXY TCP4 localhost\r\n', /^$/],
    ['does not end its line', ['127.0.0.1'], `PROXY ${'x'.repeat(200)}`, /^$/],
    ['is none that we know', ['192.0.2.1'], 'PROXY TCP4 203.0.113.7 10.0.0.1 5000 8080\r\n', /^$/],
  ])('%s', async (_, from, line, address) => {
    const edge = await startEdge({ PROXY_PROTOCOL_FROM: from.join(',') });
    await edge.app.listen(0, '127.0.0.1');
    const port = Number(new URL(await edge.app.getUrl()).port);
    const seen: string[] = [];
    edge.app
      .getHttpAdapter()
      .getInstance()
      .server.on('request', ({ socket }: { socket: { remoteAddress: string } }) => seen.push(socket.remoteAddress));
    const connection = new RawConnection(port);
    // In two pieces, as networks deliver it.
    connection.send(line.slice(0, 9));
    if (line !== '') await new Promise((resolve) => setTimeout(resolve, 20));
    connection.send(line.slice(9)).send(head('GET /health', { Connection: 'close' }));
    await connection.closed;
    expect(seen.join()).toMatch(address);
    expect(connection.received).toMatch(address.source === '^$' ? /^(?:HTTP\/1\.1 400 |$)/ : /^HTTP\/1\.1 200 /);
    await edge.close();
  });
});
