import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ManagedProcess } from '@perennial/local-runtime/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../paths';
import { Home } from '../state';
import { startWebServer } from './web-server';

/** An address of this machine at which other machines reach it. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Real: Vite with the configuration of the page, TCP. Not real: the gateway, which notes the headers that it gets. */
describe.skipIf(ownAddress === undefined)('the page of npm run dev, for other machines too', () => {
  const seen: IncomingHttpHeaders[] = [];
  const home = mkdtempSync(join(tmpdir(), 'perennial-web-'));
  let gateway: Server;
  let vite: ManagedProcess | undefined;
  let port: number;

  beforeAll(async () => {
    gateway = createServer(({ headers }, response) => {
      seen.push(headers);
      response.end();
    });
    gateway.on('upgrade', ({ headers }, socket) => {
      seen.push(headers);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    port = await freePort();
    vite = await startWebServer({ root: ROOT, home: new Home(home), host: '0.0.0.0', port, gatewayUrl });
  }, 60_000);

  afterAll(async () => {
    await vite?.stop();
    gateway.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** The headers with which a request to this address, which says it is for localhost, reaches the gateway. */
  async function reaches(host: string, headers: Record<string, string> = {}): Promise<IncomingHttpHeaders> {
    await new Promise<void>((resolve, reject) => {
      const call = request({ host, port, path: '/api/config', headers: { host: 'localhost', ...headers } });
      for (const event of ['response', 'upgrade', 'close']) call.on(event, () => resolve());
      call.on('error', reject).end();
    });
    return seen.at(-1)!;
  }

  it('tells the gateway who is on another machine, whatever they claim, and lets local clients look local', async () => {
    expect((await reaches('127.0.0.1'))['x-forwarded-for']).toBeUndefined();
    expect((await reaches(ownAddress!))['x-forwarded-for']).toBe(ownAddress);
    const claims = { 'x-forwarded-for': '127.0.0.1' };
    expect((await reaches(ownAddress!, claims))['x-forwarded-for']).toBe(`127.0.0.1, ${ownAddress}`);
    const socket = { connection: 'Upgrade', upgrade: 'websocket' };
    expect((await reaches(ownAddress!, socket))['x-forwarded-for']).toBe(ownAddress);
  });
});
