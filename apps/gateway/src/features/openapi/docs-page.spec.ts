import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

describe('the page of the routes', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ TRUSTED_PROXIES: '10.0.0.1' });
  });
  afterAll(() => edge.close());

  const get = (url: string, headers = {}) =>
    edge.app.inject({ url, headers: { accept: '*/*', ...headers }, remoteAddress: '10.0.0.1' });

  it('calls only this server, and shows nothing without a session', async () => {
    const { statusCode, headers, body } = await get('/docs');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'self'; script-src 'self'; style-src 'self'");
    const files = [...body.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, url = '']) => url);
    expect(files).toHaveLength(4);
    for (const url of files) expect(url).toMatch(/^\/docs\//);
    expect(body).not.toContain('/api/');
  });

  it.each([
    ['swagger-ui-bundle.js', 'application/javascript'],
    ['swagger-ui.css', 'text/css'],
    ['docs.js', 'text/javascript'],
    ['index.css', 'text/css'],
  ])('has %s', async (file, type) => {
    const { statusCode, headers, body } = await get(`/docs/${file}`);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(headers['cache-control']).toBe('no-cache');
    expect(body.length).toBeGreaterThan(50);
  });

  it('stays below the path at which a proxy shows this server', async () => {
    expect((await get('/docs', { 'x-forwarded-prefix': '/chat' })).body).toContain('src="/chat/docs/docs.js"');
  });

  it.each(['/docs/package.json', '/docs/..%2fpackage.json', '/docs/swagger-ui.js', '/docs/%2e%2e/index.js'])(
    'has no other file: %s',
    async (url) => {
      expect([404, 422]).toContain((await get(url)).statusCode);
    },
  );
});
