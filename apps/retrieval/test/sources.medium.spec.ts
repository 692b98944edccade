import { randomUUID } from 'node:crypto';
import { ANONYMOUS, type CallRequest, type Principal } from '@perennial/contracts-kernel';
import {
  knowledge,
  type KnowledgeSource,
  knowledgeSources,
  type SourceConfig,
  webPages,
} from '@perennial/contracts-retrieval';
import { killInstance, sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSite } from './web-site';
import { newUser, World } from './world';

const ENV = { ENABLE_RAG_LOCAL_WEB_FETCH: 'true', SOURCE_PAUSE_MS: '0', SOURCE_ABSENCE_SECONDS: '0' };

/** Real: Postgres, Redis, LanceDB, the file system, built retrieval processes, killed; a web server. Not real: the embedder. */
describe('sources of knowledge bases', () => {
  let world: World;
  let site: WebSite;
  let baseId: string;
  const user = newUser();
  beforeAll(async () => {
    [world, site] = await Promise.all([World.start(), WebSite.start()]);
    await Promise.all([world.retrieval('api', ENV), world.workers(2, ENV)]);
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    site?.stop();
  });
  beforeEach(async () => {
    site.pages.clear();
    site.requests.splice(0);
    site.outage = undefined;
    site.delayMs = 0;
    baseId = await world.base(user, randomUUID());
  });

  const as = (principal: Principal = user) => ({ principal, key: randomUUID() });
  const add = (
    config: Partial<CallRequest<typeof knowledgeSources.create>['config']>,
    knowledgeId = baseId,
  ): Promise<KnowledgeSource> =>
    world.caller.rpc.call(
      knowledgeSources.create,
      { knowledgeId, config: { type: 'web', url: `${site.url}/`, ...config } as SourceConfig, intervalS: null },
      as(),
    );
  const look = ({ id, knowledgeId }: KnowledgeSource) =>
    world.caller.rpc.call(knowledgeSources.get, { sourceId: id, knowledgeId }, as());
  /** Waits for the end of the present sync. */
  const synced = (source: KnowledgeSource): Promise<KnowledgeSource> =>
    waitFor(
      async () => ((now) => (now.state === 'idle' && now.finishedAt !== null ? now : undefined))(await look(source)),
      {
        what: 'the end of the sync',
        timeoutMs: 30_000,
      },
    );
  const sync = async (source: KnowledgeSource): Promise<KnowledgeSource> => {
    site.requests.splice(0);
    await world.caller.rpc.call(knowledgeSources.sync, { sourceId: source.id, knowledgeId: source.knowledgeId }, as());
    return synced(source);
  };
  const files = async (knowledgeId = baseId) => {
    const { rows } = await world.db.query<{ id: string; name: string; generation: number }>(
      `SELECT f.id, f.name, f.generation FROM placements p JOIN files f ON f.id = p.file_id
        WHERE p.scope = $1 AND f.deleted_at IS NULL ORDER BY f.name`,
      [knowledgeId],
    );
    return rows.map(({ name, ...file }) => ({ ...file, name: name.replace(/^127\.0\.0\.1:\d+(?: - )?/, '') }));
  };
  const names = async () => (await files()).map(({ name }) => name);

  it('bring pages, follow their changes, and remove what is gone for good, but nothing in an outage', async () => {
    site.put('/docs/', 'Welcome to the handbook.', [
      'a',
      'b',
      '/outside',
      'picture.png',
      'missing',
      'http://other.test/docs/',
    ]);
    site.put('/docs/a', 'The first page.', ['c']);
    site.put('/docs/b', 'The second page.', ['a', './']);
    site.put('/docs/c', 'The third page.');
    const source = await add({ mode: 'site', url: `${site.url}/docs/#top` });
    const first = await synced(source);
    expect(first).toMatchObject({
      error: null,
      truncated: false,
      nextAt: null,
      documents: { stored: 4, failed: 0, absent: 0 },
    });
    expect(site.requests).toEqual(['/docs/', '/docs/a', '/docs/b', '/docs/missing', '/docs/c']);
    expect(await names()).toEqual(['docs - a.html', 'docs - b.html', 'docs - c.html', 'docs.html']);
    for (const { id } of await files()) await world.completed(id);

    // One page is new, one is changed, one is gone, one has a link less.
    site.put('/docs/', 'Welcome to the handbook.', ['a', 'd']);
    site.put('/docs/a', 'The first page, second edition.', ['c']);
    site.put('/docs/d', 'The fourth page.');
    site.pages.delete('/docs/b');
    expect(await sync(source)).toMatchObject({ error: null, documents: { stored: 4, absent: 1 } });
    expect(site.requests).toContain('/docs/c 304');
    expect((await files()).map(({ name, generation }) => [name, generation])).toEqual([
      ['docs - a.html', 2],
      ['docs - b.html', 1],
      ['docs - c.html', 1],
      ['docs - d.html', 1],
      ['docs.html', 2],
    ]);

    site.outage = 503;
    const away = await sync(source);
    expect(away.error?.message).toContain('problem of its own (503)');
    expect(away.nextAt).not.toBeNull();
    site.outage = 404;
    expect((await sync(source)).error?.message).toContain('gone (404)');
    expect(await names()).toHaveLength(5);

    site.outage = undefined;
    expect(await sync(source)).toMatchObject({ error: null, documents: { stored: 4, absent: 0 } });
    expect(await names()).toEqual(['docs - a.html', 'docs - c.html', 'docs - d.html', 'docs.html']);
    const { items } = await world.caller.rpc.call(
      knowledgeSources.documents,
      { knowledgeId: baseId, sourceId: source.id, after: `${site.url}/docs/a`, limit: 1 },
      as(),
    );
    expect(items).toMatchObject([{ address: `${site.url}/docs/c`, state: 'stored', fileError: null }]);

    const removed = await world.caller.rpc.call(
      knowledgeSources.remove,
      { knowledgeId: baseId, sourceId: source.id },
      as(),
    );
    expect([removed, await files()]).toEqual([{ removed: true, files: 4 }, []]);
  }, 60_000);

  it('read what a sitemap lists; a page that is listed no more is removed, and an empty sitemap removes nothing', async () => {
    const list = (...paths: string[]): void =>
      void site.pages.set(
        '/sitemap.xml',
        `<urlset>${paths.map((path) => `<url><loc>${new URL(path, site.url).href}</loc></url>`).join('')}</urlset>`,
      );
    for (const path of ['/a', '/b', '/same']) site.put(path, path === '/same' ? '/a' : path);
    list('/a', '/b', '/same', 'http://other.test/x');
    const source = await add({ mode: 'sitemap', url: `${site.url}/sitemap.xml`, maxDocuments: 4 });
    expect(await synced(source)).toMatchObject({
      error: null,
      truncated: false,
      documents: { stored: 2, duplicate: 1 },
    });
    expect(await names()).toEqual(['a.html', 'b.html']);
    list('/a');
    expect(await sync(source)).toMatchObject({ documents: { stored: 1, absent: 1 } });
    list();
    expect((await sync(source)).error?.message).toContain('lists no page');
    expect(await names()).toEqual(['a.html', 'b.html']);
    list('/a', ...Array.from({ length: 9 }, (_, n) => `/none/${n}`));
    expect(await sync(source)).toMatchObject({ error: null, truncated: true });
    expect(await names()).toEqual(['a.html']);
  }, 60_000);

  it('are read to their end although their worker is killed, again and again', async () => {
    const paths = Array.from({ length: 24 }, (_, n) => `/${n}`);
    site.put('/', 'All pages.', paths.slice(0, 12));
    paths.forEach((path, n) => site.put(path, `Page ${n}.`, n < 12 ? [`/${n + 12}`] : []));
    site.delayMs = 40;
    const source = await add({ mode: 'site', url: `${site.url}/` });
    for (const stored of [3, 12]) {
      await waitFor(async () => (await look(source)).documents.stored! >= stored, {
        what: `${stored} pages`,
        intervalMs: 20,
      });
      const { rows } = await world.db.query<{ instance: string }>(
        'SELECT p.instance FROM knowledge_sources s JOIN processes p ON p.id = s.owner WHERE s.id = $1',
        [source.id],
      );
      await killInstance(world.processes, rows[0]!.instance);
      if (stored === 3) void world.workers(1, ENV);
    }
    expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 25, waiting: 0 } });
    expect((await files()).length).toBe(25);
    // Each kill repeats at most the page that was being read, and those that were read meanwhile.
    expect(site.requests.length).toBeLessThanOrEqual(29);
  }, 90_000);

  it('of a base that is deleted meanwhile leave nothing', async () => {
    site.put(
      '/',
      'All pages.',
      Array.from({ length: 30 }, (_, n) => `/${n}`),
    );
    for (let n = 0; n < 30; n += 1) site.put(`/${n}`, `Page ${n}.`);
    site.delayMs = 50;
    const source = await add({ mode: 'site' });
    await waitFor(async () => (await look(source)).documents.stored! >= 3, { what: 'pages' });
    await world.caller.rpc.call(knowledge.remove, { knowledgeId: baseId }, as());
    await world.swept();
    await sleep(1_500);
    expect(site.requests.length).toBeLessThan(31);
    expect(await files()).toEqual([]);
    expect(await world.count('source_documents', 'source_id = $1', source.id)).toBe(0);
  }, 30_000);

  it('are for the base’s owner and administrators only', async () => {
    site.put('/', 'A page.');
    const source = await add({});
    const one = { knowledgeId: baseId, sourceId: source.id };
    const config: SourceConfig = { type: 'web', mode: 'page', url: site.url, depth: 1, maxDocuments: 1 };
    const attempts = (principal: Principal) => [
      world.caller.rpc.call(knowledgeSources.list, { knowledgeId: baseId }, as(principal)),
      world.caller.rpc.call(knowledgeSources.get, one, as(principal)),
      world.caller.rpc.call(knowledgeSources.documents, one, as(principal)),
      world.caller.rpc.call(knowledgeSources.create, { knowledgeId: baseId, config, intervalS: null }, as(principal)),
      world.caller.rpc.call(knowledgeSources.update, { ...one, intervalS: 900 }, as(principal)),
      world.caller.rpc.call(knowledgeSources.sync, one, as(principal)),
      world.caller.rpc.call(knowledgeSources.remove, one, as(principal)),
    ];
    const codes = async (principal: Principal) =>
      (await Promise.allSettled(attempts(principal))).map((one) =>
        one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
      );
    expect(new Set(await codes(newUser()))).toEqual(new Set(['NOT_FOUND']));
    expect(new Set(await codes({ ...user, role: 'pending' }))).toEqual(new Set(['PERMISSION_DENIED']));
    expect(new Set(await codes(ANONYMOUS))).toEqual(new Set(['UNAUTHENTICATED']));
    // A source of one's own is not reached by way of another base either.
    const other = { ...one, knowledgeId: await world.base(user, randomUUID()) };
    await expect(world.caller.rpc.call(knowledgeSources.remove, other, as())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await synced(source);
    expect(new Set(await codes(newUser('admin')))).toEqual(new Set(['done']));
  }, 30_000);

  it('and single pages are not read at private addresses unless the operator allows it', async () => {
    site.put('/page', 'What only this machine knows.');
    const url = `${site.url}/page`;
    const load = (address: string) => world.caller.rpc.call(webPages.load, { url: address }, as());
    const file = await load(url);
    expect(file).toMatchObject({
      user_id: user.userId,
      meta: { content_type: 'text/html; charset=utf-8', data: { source: url } },
    });
    await world.completed(file.id);
    await expect(load(`${site.url}/none`)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(load('http://169.254.169.254/latest/meta-data/')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    site.requests.splice(0);
    await world.endProcesses('api');
    await world.retrieval('api');
    const [, port] = site.url.split('127.0.0.1');
    for (const address of [url, `http://localhost${port}/page`, `http://[::1]${port}/page`])
      await expect(load(address)).rejects.toMatchObject({
        code: expect.stringMatching('INVALID_ARGUMENT|PRECONDITION') as string,
      });
    await expect(add({ url })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(add({ url: 'http://a:b@example.com/' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(site.requests.filter((path) => path.startsWith('/page'))).toEqual([]);
  }, 60_000);
});
