import { createServer, request, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { freePort } from '@perennial/local-runtime/servers';
import { afterEach, describe, expect, it } from 'vitest';
import { Balancer, type BalancerTarget } from './balancer';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function gateway(name: string): Promise<BalancerTarget> {
  const server: Server = createServer((_, response) => response.end(name));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  open.push(server);
  return { host: '127.0.0.1', port, ready: true };
}

async function balance(
  targets: BalancerTarget[],
  announce = false,
): Promise<() => Promise<{ status: number; body: string }>> {
  const balancer = new Balancer(targets, announce);
  const port = await balancer.listen(0, '127.0.0.1');
  open.push(balancer);
  // A new connection each time, because connections are balanced.
  return () =>
    new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      sent.on('error', reject);
      sent.end();
    });
}

describe('Balancer', () => {
  it('gives each connection to the next gateway', async () => {
    const ask = await balance([await gateway('a'), await gateway('b')]);
    expect([(await ask()).body, (await ask()).body, (await ask()).body]).toEqual(['a', 'b', 'a']);
  });

  it('skips a gateway that is not ready, and one that refuses', async () => {
    const draining = { ...(await gateway('draining')), ready: false };
    const gone = { host: '127.0.0.1', port: await freePort(), ready: true };
    const ask = await balance([draining, gone, await gateway('c')]);
    expect([(await ask()).body, (await ask()).body, (await ask()).body]).toEqual(['c', 'c', 'c']);
  });

  it('sends a gateway the client’s address, if configured', async () => {
    const lines: string[] = [];
    const server = createTcpServer((socket) => {
      socket.once('data', (data: Buffer) => {
        lines.push(data.toString().split('\r\n', 1)[0] ?? '');
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      });
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    open.push(server);
    const ask = await balance([{ host: '127.0.0.1', port, ready: true }], true);
    expect((await ask()).status).toBe(204);
    expect(lines[0]).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+$/);
  });

  it('answers 503 itself if no gateway accepts the connection', async () => {
    const ask = await balance([{ host: '127.0.0.1', port: await freePort(), ready: false }]);
    const { status, body } = await ask();
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ detail: 'No gateway is ready. Try again in a second.' });
  });
});
