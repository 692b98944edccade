import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

const PAGE = '<!doctype html><title>Page</title><script type="module" src="/assets/index-Dk3a9F1x.js"></script>';
const SCRIPT = `console.log('${'x'.repeat(5_000)}')`;
const INLINE = '<!doctype html><script>window.boot()</script><script src="/x.js"></script>';

describe('the page', () => {
  let directory: string;
  let edge: Edge;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gateway-site-'));
    await mkdir(join(directory, 'site/assets'), { recursive: true });
    await writeFile(join(directory, 'secret.txt'), 'secret');
    await writeFile(join(directory, 'site/index.html'), PAGE);
    await writeFile(join(directory, 'site/.env'), 'SECRET=1');
    await writeFile(join(directory, 'site/robots.txt'), 'robots');
    await writeFile(join(directory, 'site/assets/index-Dk3a9F1x.js'), SCRIPT);
    await writeFile(join(directory, 'site/assets/index-Dk3a9F1x.js.br'), brotliCompressSync(SCRIPT));
    await writeFile(join(directory, 'site/assets/index-Dk3a9F1x.js.gz'), gzipSync(SCRIPT));
    await writeFile(join(directory, 'site/assets/later-Dk3a9F1x.js'), SCRIPT);
    await mkdir(join(directory, 'site/sandbox'));
    await writeFile(join(directory, 'site/sandbox/diagram.html'), PAGE);
    await writeFile(join(directory, 'site/sandbox/artifact.html'), PAGE);
    await symlink(join(directory, 'secret.txt'), join(directory, 'site/link.txt'));
    await mkdir(join(directory, 'site-of-others'));
    await writeFile(join(directory, 'site-of-others/index.html'), 'theirs');
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.1', DATA_DIR: join(directory, 'data') }, join(directory, 'site'));
  });
  afterAll(async () => {
    await edge.close();
    await rm(directory, { recursive: true });
  });

  const get = (url: string, headers: Record<string, string> = { accept: 'text/html,*/*' }) =>
    edge.app.inject({ method: 'GET', url, headers });

  it.each(['/', '/c/7e46a2ed', '/admin/users', '/index.html'])(
    'is served at %s and revalidated each time',
    async (url) => {
      const reply = await get(url);
      expect(reply.statusCode).toBe(200);
      expect(reply.body).toBe(PAGE);
      expect(reply.headers['cache-control']).toBe('no-cache');
      expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    },
  );

  it('has a strict policy and security headers', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toBe(
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['referrer-policy']).toBe('same-origin');
  });

  it.each(['/', '/c/7e46a2ed', '/assets/index-Dk3a9F1x.js'])(
    'explains that it needs its own host below a proxy’s path: %s',
    async (url) => {
      const headers = { accept: 'text/html', 'x-forwarded-prefix': '/chat' };
      const reply = await edge.app.inject({ method: 'GET', url, headers, remoteAddress: '10.0.0.1' });
      expect([reply.statusCode, reply.json()]).toMatchObject([
        404,
        {
          detail:
            'The page cannot be shown below /chat. Give it a host name of its own; the API works below /chat as well.',
        },
      ]);
    },
  );

  it('other replies have a policy that allows nothing', async () => {
    expect((await get('/api/version')).headers['content-security-policy']).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
  });

  it.each([
    ['br, gzip', 'br', brotliCompressSync(SCRIPT)],
    ['gzip;q=1.0, br;q=0.1', 'gzip', gzipSync(SCRIPT)],
    ['br;q=0', undefined, Buffer.from(SCRIPT)],
    ['', undefined, Buffer.from(SCRIPT)],
  ])('a file with a hash in its name is sent as the build has it for “%s”', async (accepted, encoding, bytes) => {
    const headers = { 'accept-encoding': accepted };
    const reply = await get('/assets/index-Dk3a9F1x.js', headers);
    expect(reply.rawPayload.equals(bytes)).toBe(true);
    expect(reply.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/javascript; charset=utf-8',
      'content-length': String(bytes.length),
      vary: expect.stringMatching(/accept-encoding/i),
      'access-control-allow-origin': '*',
    });
    expect(reply.headers['content-encoding']).toBe(encoding);
    const head = await edge.app.inject({ method: 'HEAD', url: '/assets/index-Dk3a9F1x.js', headers });
    expect(head.headers['content-length']).toBe(String(bytes.length));
    const again = await get('/assets/index-Dk3a9F1x.js', { ...headers, 'if-none-match': String(reply.headers.etag) });
    expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
    expect(again.headers.vary).toMatch(/accept-encoding/i);
  });

  it('the tags of a file’s encodings differ', async () => {
    const replies = await Promise.all(
      ['br', 'gzip', ''].map((encoding) => get('/assets/index-Dk3a9F1x.js', { 'accept-encoding': encoding })),
    );
    expect(new Set(replies.map(({ headers }) => headers.etag)).size).toBe(3);
  });

  it('what the build did not compress is compressed while it is sent', async () => {
    const reply = await get('/assets/later-Dk3a9F1x.js', { 'accept-encoding': 'br' });
    expect(reply.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(reply.rawPayload).toString()).toBe(SCRIPT);
    expect((await get('/robots.txt')).headers['cache-control']).toBe('no-cache');
  });

  it.each(['/sandbox/diagram.html', '/%73andbox/diagram.html', '/sandbox%2fdiagram.html'])(
    'what shows a model’s text has no origin and no connections, and is framed by our page only: %s',
    async (url) => {
      const { headers, statusCode } = await get(url);
      expect([statusCode, headers['x-frame-options'], headers['cache-control']]).toEqual([
        200,
        'SAMEORIGIN',
        'no-cache',
      ]);
      expect(headers['content-security-policy']).toBe(
        "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; " +
          "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
      );
    },
  );

  it.each(['/sandbox/artifact.html', '/sandbox/./artifact.html', '/sandbox%2fartifact.html'])(
    'what becomes a page of a model runs its own scripts, and has no origin and no connections either: %s',
    async (url) => {
      const { headers, statusCode } = await get(url);
      expect([statusCode, headers['x-frame-options']]).toEqual([200, 'SAMEORIGIN']);
      expect(headers['content-security-policy']).toBe(
        "sandbox allow-scripts; default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src data: blob:; " +
          "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; media-src data: blob:",
      );
    },
  );

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/../site-of-others/index.html',
    '/link.txt',
    '/.env',
    '/%00',
    '/missing.js',
    '/assets/',
    '/api/nothing',
    '/openai/nothing',
    '/ws/nothing',
  ])('no file outside its directory is served: %s', async (url) => {
    const reply = await get(url, { accept: '*/*' });
    expect([400, 404]).toContain(reply.statusCode);
    expect(reply.json()).toHaveProperty('detail');
    expect(reply.body).not.toMatch(/secret$|SECRET|theirs/);
  });

  it('an unknown API path is JSON for a browser as well', async () => {
    const reply = await get('/api/nothing');
    expect(reply.statusCode).toBe(404);
    expect(reply.json()).toMatchObject({ detail: 'There is nothing at GET /api/nothing.' });
  });

  it('another page is served from WEB_ROOT, with its own inline scripts and no others', async () => {
    await writeFile(join(directory, 'site-of-others/index.html'), INLINE);
    const other = await startEdge({ WEB_ROOT: join(directory, 'site-of-others') });
    const reply = await other.app.inject({ method: 'GET', url: '/somewhere', headers: { accept: 'text/html' } });
    await other.close();
    expect(reply.body).toBe(INLINE);
    // sha256 of `window.boot()`
    expect(reply.headers['content-security-policy']).toContain(
      "script-src 'self' 'wasm-unsafe-eval' 'sha256-7V6Igl78kAwCDPrKA2yl1sq4zWHW8UjPYq8fNJg+cQE='",
    );
  });

  it('a WEB_ROOT without a page is refused at the start', async () => {
    await expect(startEdge({ WEB_ROOT: join(directory, 'site/assets') })).rejects.toThrow(
      'WEB_ROOT: there is no index.html in',
    );
  });
});
