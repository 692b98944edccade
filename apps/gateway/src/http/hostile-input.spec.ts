import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { frame, handshake, head, RawConnection } from '../../test/raw-connection';
import { SocketUsers } from '../features/sockets/socket-users';

const OWN = { Origin: 'http://gateway.example' };
const JSON_BODY = { 'Content-Type': 'application/json' };

/** Hostile bytes over a raw socket. Each may cost its own connection only. */
describe('hostile input', () => {
  let edge: Edge;
  let port: number;
  const escaped: unknown[] = [];
  const onEscape = (error: unknown): void => void escaped.push(error);

  beforeAll(async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '127.0.0.1' });
    await edge.app.listen(0, '127.0.0.1');
    port = Number(new URL(await edge.app.getUrl()).port);
    process.on('uncaughtExceptionMonitor', onEscape);
  });
  afterAll(async () => {
    process.off('uncaughtExceptionMonitor', onEscape);
    await edge.close();
  });
  beforeEach(() => escaped.splice(0));

  /**
   * Sends the pieces one after another, each after the previous one was answered or ignored; then resets the connection.
   */
  const attack = (...pieces: (string | Buffer)[]): Promise<string> => attackFor(60, ...pieces);

  /** @param waitMs how long an answer to each piece is waited for: some have none */
  const attackFor = async (waitMs: number, ...pieces: (string | Buffer)[]): Promise<string> => {
    const connection = new RawConnection(port);
    for (const piece of pieces) {
      const { length } = connection.received;
      connection.send(piece);
      await vi
        .waitFor(() => expect(connection.received.length > length || !connection.isOpen).toBe(true), {
          timeout: waitMs,
          interval: 3,
        })
        .catch(() => undefined);
    }
    connection.reset();
    await connection.closed;
    return connection.received;
  };

  afterEach(async () => {
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(health.status).toBe(200);
    expect(escaped).toEqual([]);
  });

  it.each([
    'token=%',
    'token=%E0%A4%A',
    '__Host-token=%; token=%',
    'token="%"',
    'token',
    '=; ;;=%',
    `token=${'%'.repeat(60)}`,
  ])('the cookie %s on a socket of our own page', async (cookie) => {
    const answer = await attackFor(5_000, handshake({ ...OWN, Cookie: cookie }), frame('40'));
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    await attack(head('GET /api/config', { Cookie: cookie }));
    await attack(head('GET /api/v1/auths/', { Cookie: cookie, ...OWN }));
  });

  it.each([
    '40[]',
    '40null',
    '40"x"',
    '40{"token":{}}',
    '40{"token":"%"}',
    '40/%,',
    '42["error"]',
    '42["disconnect"]',
    '42["user-join"]',
    '42["user-join",null]',
    '420["user-join",{"auth":{"token":7}}]',
    '421["user-join",{"auth":{"token":"%"}}]',
    '422["events:chat",{"chat_id":"%","data":{"type":"join"}}]',
    '42["__proto__",{}]',
    '42["constructor"]',
    '42{}',
    '42[]',
    '42[7]',
    '41',
    '439[1]',
    '44{}',
    '451-["x",{"_placeholder":true,"num":0}]',
    '459999999999-["x"]',
    '4',
    '9',
    '2probe',
    '3',
  ])('the packet %s', async (packet) => {
    await attack(handshake(OWN), frame('40'), frame(packet));
    await attack(handshake(OWN), frame(packet));
  });

  it.each<[string, string]>([
    ['an upgrade to nothing', head('GET /nothing', { Connection: 'Upgrade', Upgrade: 'websocket' })],
    ['an upgrade to another protocol', head('GET /api/config', { Connection: 'Upgrade', Upgrade: 'h2c' })],
    ['an upgrade without a key', head('GET /ws/socket.io/?EIO=4&transport=websocket', { Connection: 'Upgrade' })],
    ['an upgrade by POST', handshake().replace('GET', 'POST')],
    ['an upgrade with an odd query', handshake({}, '/ws/socket.io/?%&EIO=%&sid=__proto__&x')],
    ['an origin that is none', handshake({ Origin: 'http://[' })],
    ['a host that is none', handshake({ Host: '[', Origin: 'http://x' })],
    ['a poll instead of a socket', head('GET /ws/socket.io/?EIO=4&transport=polling')],
    ['the method CONNECT', head('CONNECT x:1')],
    ['an address with a scheme', head('GET http://%/')],
    ['an address that is a star', head('OPTIONS *')],
    ['an address that cannot be decoded', head('GET /%E0%A4%A')],
    ['an expectation', head('POST /api/v1/auths/signin', { Expect: 'the impossible', 'Content-Length': 1 })],
    ['a list of proxies that is none', head('GET /api/config', { 'X-Forwarded-For': ',,::%,7,[' })],
    ['a forwarded host that is none', head('GET /api/config', { 'X-Forwarded-Host': '[,%', 'X-Forwarded-Proto': '%' })],
    ['a forwarded path that is none', head('GET /api/v1/auths/', { 'X-Forwarded-Prefix': '//%; a' })],
    ['a token that is none', head('GET /api/v1/auths/', { Authorization: 'Bearer %.%.%' })],
    ['a type that is none', head('POST /api/v1/auths/signin', { 'Content-Type': '/;=%', 'Content-Length': 2 }) + '{}'],
    [
      'a chunk that is none',
      head('POST /api/v1/auths/signin', { ...JSON_BODY, 'Transfer-Encoding': 'chunked' }) + 'zz\r\n',
    ],
    ['half a body', head('POST /api/v1/auths/signin', { ...JSON_BODY, 'Content-Length': 9 }) + '{'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a header that is none', 'GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n'],
    ['a header without end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(20_000)}`],
  ])('%s', async (_, bytes) => {
    await attack(bytes);
  });

  it('forms of a signed-in user', async () => {
    const { authorization } = edge.account('user').headers;
    const type = 'multipart/form-data; boundary=x';
    for (const body of [
      '--x\r\n\r\n',
      '--x\r\nContent-Disposition: form-data; name="file"; filename*=utf-8\'\'%\r\n\r\na\r\n--x--',
      '--x\r\nContent-Disposition: form-data\r\nContent-Type: ;charset\r\n\r\na\r\n--x--',
    ]) {
      const headers = { 'Content-Type': type, 'Content-Length': body.length, Authorization: authorization };
      await attack(head('POST /api/v1/files/', headers) + body);
    }
  });

  it.each([
    ['connection', head('GET /api/config')],
    ['request', head('GET /api/config')],
    ['upgrade', handshake(OWN)],
  ])('a listener of "%s" that throws costs its own connection', async (event, bytes) => {
    edge.app.getHttpServer().prependOnceListener(event, () => {
      throw new Error('planted');
    });
    const connection = new RawConnection(port).send(bytes);
    await connection.closed;
    expect(connection.received).toBe('');
  });

  it('a listener of a socket that throws costs that socket', async () => {
    const { token } = edge.account('user');
    const leave = vi.fn(() => {
      throw new Error('planted');
    });
    const add = vi.spyOn(edge.app.get(SocketUsers), 'add').mockReturnValue(leave);
    const connection = new RawConnection(port).send(handshake(OWN));
    await vi.waitFor(() => expect(connection.received).toContain('"upgrades"'), 10_000);
    connection.send(frame('40'));
    await vi.waitFor(() => expect(connection.received).toContain('40{"sid"'), 10_000);
    connection.send(frame(`420["user-join",{"auth":{"token":"${token}"}}]`));
    await vi.waitFor(() => expect(connection.received).toContain('The user'), 10_000);
    connection.reset();
    await vi.waitFor(() => expect(leave).toHaveBeenCalled());
    add.mockRestore();
  });
});
