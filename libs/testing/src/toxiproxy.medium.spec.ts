import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missingServer } from './missing-server';
import { startToxiproxy, type ToxicLink, type Toxiproxy, toxiproxyBinary } from './toxiproxy';

const missing = await missingServer('Toxiproxy', toxiproxyBinary);

let toxiproxy: Toxiproxy;
let server: Server;
let link: ToxicLink;
let url: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  toxiproxy = await startToxiproxy();
  link = await toxiproxy.proxy('hello', `127.0.0.1:${port}`);
  url = link.through(`http://user:secret@127.0.0.1:${port}/path?a=1`);
});
afterAll(async () => {
  await toxiproxy?.stop();
  server?.close();
});

const get = (timeoutMs = 5_000): Promise<string> =>
  fetch(`http://127.0.0.1:${link.port}/`, { signal: AbortSignal.timeout(timeoutMs), keepalive: false }).then((reply) =>
    reply.text(),
  );

it.skipIf(missing !== undefined)('a link is silenced, cut, and whole again', async () => {
  expect(url).toBe(`http://user:secret@127.0.0.1:${link.port}/path?a=1`);
  expect(await get()).toBe('hello');
  const undo = await link.disturb({ type: 'timeout', attributes: { timeout: 0 } });
  await expect(get(300)).rejects.toThrow('timeout');
  await undo();
  expect(await get()).toBe('hello');
  await link.cut();
  await expect(get()).rejects.toThrow('fetch failed');
  await link.open();
  expect(await get()).toBe('hello');
});
