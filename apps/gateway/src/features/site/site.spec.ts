import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

const PAGE = '<!doctype html><title>Page</title><script type="module" src="/assets/index-Dk3a9F1x.js"></script>';
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
    await writeFile(join(directory, 'site/assets/index-Dk3a9F1x.js'), `console.log('${'x'.repeat(5_000)}')`);
    await symlink(join(directory, 'secret.txt'), join(directory, 'site/link.txt'));
    await mkdir(join(directory, 'site-of-others'));
    await writeFile(join(directory, 'site-of-others/index.html'), 'theirs');
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.1' }, join(directory, 'site'));
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
      expect([reply.statusCode, reply.json()]).toEqual([
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

  it('files with a hash in their name are kept for a year, and compressed', async () => {
    const reply = await get('/assets/index-Dk3a9F1x.js', { 'accept-encoding': 'br' });
    expect(reply.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(reply.headers['content-encoding']).toBe('br');
    expect((await get('/robots.txt')).headers['cache-control']).toBe('no-cache');
  });

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
    expect(reply.json()).toEqual({ detail: 'There is nothing at GET /api/nothing.' });
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
