import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PoliteReader } from './polite-reader';
import { WebClient } from './web-client';
import { WebError } from './web-error';

const MIB = 1_048_576;

/** Real: an HTTP server on this machine and the connections to it. Not real: the name servers. */
describe('reading the web', () => {
  let server: Server;
  let origin: string;
  let port: number;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let seen: IncomingMessage[] = [];
  const names = new Map<string, string[]>();
  const resolve = (host: string): Promise<string[]> => Promise.resolve(names.get(host) ?? []);
  const local = new WebClient({ local: true, hosts: [], timeoutMs: 2_000, resolve });
  const outside = new WebClient({ local: false, hosts: [], timeoutMs: 2_000, resolve });

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request);
      answer(request, response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await Promise.all([local.close(), outside.close()]);
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    seen = [];
    names.clear();
    answer = (_, response) => void response.end('page');
  });

  const read = async (client: WebClient, address: string, maxBytes = MIB): Promise<string> => {
    const page = await client.get(address, { maxBytes });
    return Buffer.concat((await page!.body.toArray()) as Buffer[]).toString();
  };
  const failure = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => 'nothing failed',
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WebError);
    return (error as WebError).failure;
  };

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://user:secret@example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'example.com',
    '',
  ])('refuses %j before anything is sent', async (address) => {
    expect(await failure(outside.get(address, { maxBytes: MIB }))).toBe('refused');
  });

  it('refuses the metadata of a cloud also where private addresses are read', async () => {
    names.set('metadata.test', ['169.254.169.254']);
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', 'metadata.test'])
      expect(await failure(local.get(`http://${host}/`, { maxBytes: MIB }))).toBe('refused');
  });

  it('refuses a name with any private address, and connects to the address that it has checked', async () => {
    names.set('inside.test', ['127.0.0.1']);
    names.set('both.test', ['1.1.1.1', '127.0.0.1']);
    for (const host of ['inside.test', 'both.test'])
      expect(await failure(outside.get(`http://${host}:${port}/`, { maxBytes: MIB }))).toBe('refused');
    expect(seen).toEqual([]);
    // It is looked up once: no second answer can differ from the one that was checked.
    let asked = 0;
    const turning = new WebClient({
      local: true,
      hosts: [],
      timeoutMs: 2_000,
      resolve: () => Promise.resolve([(asked += 1) === 1 ? '127.0.0.1' : '169.254.169.254']),
    });
    expect(await read(turning, `http://turns.test:${port}/`)).toBe('page');
    expect(asked).toBe(1);
    await turning.close();
  });

  it('refuses a redirect to what it may not read, to another scheme, and one that never ends', async () => {
    names.set('start.test', ['127.0.0.1']);
    const to = (location: string): void =>
      void (answer = (_, response) => void response.writeHead(302, { location }).end('moved'));
    for (const location of ['http://169.254.169.254/', 'file:///etc/passwd', 'http://a:b@start.test/']) {
      to(location);
      expect(await failure(local.get(`http://start.test:${port}/`, { maxBytes: MIB }))).toBe('refused');
    }
    to('/again');
    expect(await failure(local.get(`${origin}/`, { maxBytes: MIB }))).toBe('denied');
    const follows = (url: URL): boolean => url.host === 'elsewhere.test';
    expect(await failure(local.get(`${origin}/`, { maxBytes: MIB, follows }))).toBe('unsupported');
    answer = (request, response) =>
      void (request.url === '/b' ? response.end('there') : response.writeHead(301, { location: 'b#c' }).end());
    expect(await read(local, `${origin}/a`)).toBe('there');
  });

  it('reads only from hosts that the operator allows', async () => {
    const some = new WebClient({ local: true, hosts: ['!secret.ok.test', 'ok.test'], timeoutMs: 2_000, resolve });
    for (const host of ['ok.test', 'a.ok.test']) names.set(host, ['127.0.0.1']);
    for (const host of ['ok.test', 'a.ok.test', 'OK.test.']) expect(some.parse(`http://${host}/`).pathname).toBe('/');
    for (const host of ['secret.ok.test', 'a.secret.ok.test', 'notok.test', '127.0.0.1'])
      expect(() => some.parse(`http://${host}/`)).toThrow(WebError);
    expect(await read(some, `http://a.ok.test:${port}/`)).toBe('page');
    await some.close();
  });

  it('stops at a page that unpacks to too much, and at one that never ends', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    expect(await failure(read(local, origin, MIB))).toBe('too-large');
    answer = (_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    expect(await failure(read(local, origin, MIB))).toBe('too-large');
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb);
    expect(await failure(read(local, origin, MIB))).toBe('unsupported');
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
    expect(await failure(read(local, origin, MIB))).toBe('away');
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'));
    expect(await read(local, origin)).toBe('small');
  });

  it('gives a server up that sends nothing, or too slowly, or breaks off', async () => {
    const hasty = new WebClient({ local: true, hosts: [], timeoutMs: 300, resolve });
    answer = () => undefined;
    expect(await failure(hasty.get(origin, { maxBytes: MIB }))).toBe('away');
    answer = (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await failure(read(hasty, origin))).toBe('away');
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('part');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await failure(read(hasty, origin))).toBe('away');
    expect(await failure(hasty.get('http://unknown.test/', { maxBytes: MIB }))).toBe('away');
    await hasty.close();
  });

  it('keeps the beginning of a type that is longer than a type', async () => {
    answer = (_, response) =>
      void response.writeHead(200, { 'content-type': `text/${'x'.repeat(20_000)}` }).end('page');
    const page = await local.get(origin, { maxBytes: MIB });
    page!.body.resume();
    expect(page!.contentType).toHaveLength(255);
  });

  it('asks for what has changed, and says what a status means', async () => {
    answer = (request, response) =>
      request.headers['if-none-match'] === '"1"'
        ? void response.writeHead(304).end()
        : void response.writeHead(200, { etag: '"1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }).end('page');
    const page = await local.get(origin, { maxBytes: MIB });
    expect(page).toMatchObject({ etag: '"1"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' });
    page!.body.resume();
    const known = { etag: page!.etag, lastModified: page!.lastModified };
    expect(await local.get(origin, { maxBytes: MIB, known })).toBeUndefined();
    for (const [status, meaning] of [
      [404, 'gone'],
      [410, 'gone'],
      [403, 'denied'],
      [429, 'busy'],
      [500, 'away'],
      [503, 'away'],
      [304, 'denied'],
      [204, 'denied'],
    ] as const) {
      answer = (_, response) => void response.writeHead(status).end();
      expect(await failure(local.get(origin, { maxBytes: MIB }))).toBe(meaning);
    }
    answer = (_, response) => void response.writeHead(503, { 'retry-after': '99999' }).end();
    await expect(local.get(origin, { maxBytes: MIB })).rejects.toMatchObject({ details: { afterS: 3_600 } });
  });

  it('reads what robots.txt allows, with a pause, and nothing while robots.txt cannot be read', async () => {
    const polite = new PoliteReader(local, 100);
    answer = (request, response) =>
      void response.end(request.url === '/robots.txt' ? 'User-agent: *\nDisallow: /no' : 'page');
    const get = async (path: string): Promise<void> =>
      void (await polite.get(new URL(path, origin), { maxBytes: MIB }))!.body.resume();
    expect(await failure(get('/no'))).toBe('gone');
    const startedAt = performance.now();
    await Promise.all([get('/a'), get('/b'), get('/c')]);
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    expect(seen.map(({ url }) => url)).toEqual(['/robots.txt', '/a', '/b', '/c']);
    answer = (_, response) => void response.writeHead(500).end();
    expect(await failure(new PoliteReader(local, 0).get(new URL(origin), { maxBytes: MIB }))).toBe('away');
    answer = (request, response) => void response.writeHead(request.url === '/robots.txt' ? 404 : 200).end('page');
    expect(await new PoliteReader(local, 0).get(new URL(origin), { maxBytes: MIB })).toBeDefined();
  });
});
