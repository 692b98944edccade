import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chats } from '@perennial/contracts-chat';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { frame, handshake, head, RawConnection } from '../../test/raw-connection';
import { SocketAdmission } from '../features/sockets/socket-admission';
import { SocketSessions } from '../features/sockets/socket-sessions';

const PLACES = 16;

/** Connections that send or read slowly, many more than the limit. */
describe('a slow client', { timeout: 30_000 }, () => {
  let edge: Edge;
  let port: number;
  let page: string;
  const open: RawConnection[] = [];

  beforeAll(async () => {
    page = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(page, 'assets'));
    await writeFile(join(page, 'index.html'), '<!doctype html><title>A page</title>');
    await writeFile(join(page, 'assets', 'large.bin'), randomBytes(12_000_000));
    edge = await startEdge({
      MAX_REQUESTS: String(PLACES),
      MAX_SOCKETS: '64',
      REQUEST_TIMEOUT_MS: '1000',
      BODY_LIMIT_BYTES: '100000',
      WEB_ROOT: page,
    });
    await edge.app.listen(0, '127.0.0.1');
    port = Number(new URL(await edge.app.getUrl()).port);
  });
  afterAll(async () => {
    await edge.close();
    await rm(page, { recursive: true });
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) {
      connection.reset();
      await connection.closed;
    }
  });

  const connectMany = (count: number, bytes: string): RawConnection[] => {
    const many = Array.from({ length: count }, () => new RawConnection(port).send(bytes));
    open.push(...many);
    return many;
  };
  const signIn = (length: number): string =>
    head('POST /api/v1/auths/signin', { 'Content-Type': 'application/json', 'Content-Length': length });
  const statusOf = async (path: string, init: RequestInit = {}): Promise<number> => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, init);
    await reply.arrayBuffer();
    return reply.status;
  };
  const tools = (headers: Record<string, string>) => statusOf('/api/v1/tools/', { headers });

  it('that sends its body slowly without a session blocks no other request, and is closed for the next', async () => {
    const { headers } = edge.account('user');
    const half = connectMany(10 * PLACES, `${signIn(50)}{"email":`);
    await vi.waitFor(() => expect(half.filter(({ isOpen }) => !isOpen).length).toBeGreaterThan(8 * PLACES), 10_000);
    for (let request = 0; request < 2 * PLACES; request += 1) {
      expect(await tools(headers)).toBe(200);
      const json = { 'content-type': 'application/json' };
      expect(await statusOf('/api/v1/auths/signin', { method: 'POST', headers: json, body: '{}' })).toBe(422);
      expect(await statusOf('/')).toBe(200);
    }
    const [pushedOut] = half;
    expect(pushedOut?.received).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*The server is busy/);
  });

  it('that sends its body slowly gets an error at the time limit', async () => {
    const [half] = connectMany(1, `${signIn(50)}{"email":`);
    await half!.closed;
    expect(half!.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that reads slowly without a session blocks no other request, and is disconnected at the time limit', async () => {
    const { headers } = edge.account('user');
    const deaf = connectMany(3 * PLACES, head('GET /assets/large.bin', { Connection: 'close' })).map((connection) =>
      connection.stopReading(),
    );
    for (let request = 0; request < 2 * PLACES; request += 1) expect(await tools(headers)).toBe(200);
    const cut = edge.app.getHttpServer();
    await vi.waitFor(
      async () => {
        const left = await new Promise<number>((resolve) => cut.getConnections((_, count) => resolve(count)));
        expect(left).toBeLessThan(PLACES / 2);
      },
      { timeout: 20_000 },
    );
    expect(deaf).toHaveLength(3 * PLACES);
  });

  it('that pipelines its next request gets that reply too, even if it takes longer', async () => {
    const { headers } = edge.account('user');
    edge.rpc.on(chats.list, async () => {
      await sleep(2_500);
      return { items: [] };
    });
    const asked = ['GET /api/version', 'GET /api/v1/chats/'].map((line) => head(line, headers)).join('');
    const [connection] = connectMany(1, asked);
    const answers = () => connection!.received.match(/HTTP\/1\.1 \d+/g);
    await vi.waitFor(() => expect(answers()).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']), 10_000);
  });

  it('that sends bodies slowly with a session only delays itself', async () => {
    const slow = edge.account('user').headers;
    const half = `${head('POST /api/v1/chats/new', {
      Authorization: slow.authorization,
      'Content-Type': 'application/json',
      'Content-Length': 100_000,
    })}{`;
    const bodies = connectMany(20, half);
    const refused = () => bodies.filter(({ received }) => received.startsWith('HTTP/1.1 429'));
    await vi.waitFor(() => expect(refused()).toHaveLength(4), 10_000);
    const { headers } = edge.account('user');
    const json = { ...headers, 'content-type': 'application/json' };
    expect(await statusOf('/api/v1/chats/new', { method: 'POST', headers: json, body: '[]' })).toBe(422);
    // Requests without a body work for the slow client too.
    expect(await tools(slow)).toBe(200);
  });

  it('that never signs in holds at most a quarter of the sockets, and half of that from one network', async () => {
    const sockets = connectMany(40, handshake());
    await vi.waitFor(() => expect(sockets.filter(({ isOpen }) => !isOpen)).toHaveLength(32), 10_000);
    expect(edge.app.get(SocketAdmission).anonymous).toBe(8);
  });

  it('may open one socket and send few packets on a connection', async () => {
    const opened = vi.spyOn(edge.app.get(SocketSessions), 'open');
    const [connection] = connectMany(1, handshake());
    await vi.waitFor(() => expect(connection!.received).toContain('"sid"'));
    const packets = Array.from({ length: 5_000 }, (_, index) => frame(`40/space-${index},`));
    connection!.send(Buffer.concat([frame('40'), frame('40'), ...packets]));
    await connection!.closed;
    expect(connection!.received.split('Invalid namespace').length).toBeLessThan(40);
    expect(opened.mock.calls.length).toBeLessThanOrEqual(2);
    const { sockets } = edge.app.get(SocketSessions) as unknown as { sockets: Map<unknown, unknown> };
    await vi.waitFor(() => expect(sockets.size).toBe(0));
    opened.mockRestore();
  });
});
