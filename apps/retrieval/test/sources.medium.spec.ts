import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestMicroservice } from '@nestjs/common';
import { ANONYMOUS, type CallRequest, type Principal } from '@perennial/contracts-kernel';
import {
  knowledge,
  type KnowledgeSource,
  knowledgeSources,
  type SourceConfig,
  webPages,
} from '@perennial/contracts-retrieval';
import {
  killInstance,
  missingServer,
  seaweedBinary,
  type SeaweedServer,
  sleep,
  startSeaweed,
  waitFor,
} from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAuthDouble } from './auth-double';
import { GitServer } from './git-server';
import { bucketsOf } from './source-buckets';
import { WebSite } from './web-site';
import { newUser, World } from './world';

const DIRECTORY = join(tmpdir(), `perennial-sources-${randomUUID()}`);
const ENV = {
  SOURCE_CONCURRENCY: '4',
  SOURCE_DIRECTORIES: JSON.stringify({ handbook: DIRECTORY }),
  ENABLE_RAG_LOCAL_WEB_FETCH: 'true',
  SOURCE_PAUSE_MS: '0',
  SOURCE_ABSENCE_SECONDS: '0',
  WEB_LOADER_MAX_BYTES: '1000000',
};

const noBucket = await missingServer('S3 (SeaweedFS)', () => seaweedBinary());

/** Real: Postgres, Redis, LanceDB, SeaweedFS, the file system, built retrieval processes, killed; web servers, Git’s own server. Not real: the embedder, auth. */
describe('sources of knowledge bases', () => {
  let world: World;
  let seaweed: SeaweedServer | undefined;
  let auth: INestMicroservice | undefined;
  const deactivated = new Set<string>();
  let workerEnv: Record<string, string> = ENV;
  const repositories: GitServer[] = [];
  const sites: WebSite[] = [];
  const user = newUser();
  beforeAll(async () => {
    [world, seaweed] = await Promise.all([World.start(), noBucket === undefined ? startSeaweed() : undefined]);
    if (seaweed) workerEnv = { ...ENV, SOURCE_BUCKETS: bucketsOf(seaweed) };
    auth = await startAuthDouble(world.stores.redisUrl, world.prefix, deactivated);
    await Promise.all([world.retrieval('api', workerEnv), world.workers(2, workerEnv)]);
  }, 120_000);
  afterAll(async () => {
    await auth?.close();
    await Promise.all([world?.stop(), seaweed?.stop(), ...repositories.map((git) => git.stop())]);
    for (const site of sites) site.stop();
    await rm(DIRECTORY, { recursive: true, force: true });
  });

  const as = (principal: Principal = user) => ({ principal, key: randomUUID() });
  const look = ({ id, knowledgeId }: KnowledgeSource, principal = user) =>
    world.caller.rpc.call(knowledgeSources.get, { sourceId: id, knowledgeId }, as(principal));
  const load = (url: string) => world.caller.rpc.call(webPages.load, { url }, as());
  /** Waits for the end of the present sync. */
  const synced = (source: KnowledgeSource, principal = user): Promise<KnowledgeSource> =>
    waitFor(
      async () => {
        const now = await look(source, principal);
        return now.state === 'idle' && now.finishedAt !== null ? now : undefined;
      },
      { what: 'the end of the sync', timeoutMs: 30_000 },
    );

  /** Kills the worker that reads it. */
  const killReader = async ({ id }: KnowledgeSource): Promise<void> => {
    const { rows } = await world.db.query<{ instance: string }>(
      'SELECT p.instance FROM knowledge_sources s JOIN processes p ON p.id = s.owner WHERE s.id = $1',
      [id],
    );
    await killInstance(world.processes, rows[0]!.instance);
  };

  /** A base and a web site of its own, so that tests can wait at the same time. */
  const setUp = async () => {
    const [site, baseId] = await Promise.all([WebSite.start(), world.base(user, randomUUID())]);
    sites.push(site);
    const add = (config: Partial<CallRequest<typeof knowledgeSources.create>['config']>): Promise<KnowledgeSource> =>
      world.caller.rpc.call(
        knowledgeSources.create,
        {
          knowledgeId: baseId,
          config: { type: 'web', url: `${site.url}/`, ...config } as SourceConfig,
          intervalS: null,
        },
        as(),
      );
    const sync = async ({ id, knowledgeId }: KnowledgeSource): Promise<KnowledgeSource> => {
      site.requests.splice(0);
      return synced(await world.caller.rpc.call(knowledgeSources.sync, { sourceId: id, knowledgeId }, as()));
    };
    const files = async () => {
      const { rows } = await world.db.query<{ id: string; name: string; generation: number }>(
        `SELECT f.id, f.name, f.generation FROM placements p JOIN files f ON f.id = p.file_id
          WHERE p.scope = $1 AND f.deleted_at IS NULL ORDER BY f.name`,
        [baseId],
      );
      return rows.map(({ name, ...file }) => ({ ...file, name: name.replace(/^127\.0\.0\.1:\d+(?: - )?/, '') }));
    };
    const names = async () => (await files()).map(({ name }) => name);
    return { site, baseId, add, sync, files, names };
  };

  it.concurrent(
    'bring pages, follow their changes, and remove what is gone for good, but nothing in an outage',
    async () => {
      const { site, baseId, add, sync, files, names } = await setUp();
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
    },
    60_000,
  );

  it.concurrent(
    'read what a sitemap lists; a page that is listed no more is removed, and an empty sitemap removes nothing',
    async () => {
      const { site, add, sync, names } = await setUp();
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
    },
    60_000,
  );

  it.concurrent(
    'read a folder that the operator has named, for administrators; an empty one removes nothing',
    async () => {
      const { baseId, sync, files, names } = await setUp();
      await mkdir(join(DIRECTORY, 'part/deep'), { recursive: true });
      await Promise.all(
        ['part/a.md', 'part/deep/b.md'].map((path) => writeFile(join(DIRECTORY, path), `The text of ${path}.`)),
      );
      const config = { type: 'folder' as const, directory: 'handbook', path: 'part', maxDocuments: 10 };
      const create = (more: object, principal: Principal) =>
        world.caller.rpc.call(
          knowledgeSources.create,
          { knowledgeId: baseId, config: { ...config, ...more }, intervalS: null },
          as(principal),
        );
      const admin = newUser('admin');
      await expect(create({}, user)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      for (const more of [{ path: '../..' }, { directory: '/etc' }])
        await expect(create(more, admin)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      const source = await create({}, admin);
      expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 2 } });
      expect(await names()).toEqual(['a.md', 'b.md']);
      await rm(join(DIRECTORY, 'part/deep'), { recursive: true });
      await writeFile(join(DIRECTORY, 'part/a.md'), 'Another text.');
      expect(await sync(source)).toMatchObject({ error: null, documents: { stored: 1, absent: 1 } });
      expect((await files()).map(({ generation }) => generation)).toEqual([2, 1]);
      await rm(join(DIRECTORY, 'part/a.md'));
      expect((await sync(source)).error?.message).toContain('empty');
      expect(await names()).toEqual(['a.md', 'b.md']);
    },
    60_000,
  );

  (noBucket === undefined ? it.concurrent : it.concurrent.skip)(
    'read a bucket that the operator has named, with a key that may only read',
    async () => {
      const { baseId, sync, files, names } = await setUp();
      const put = (key: string, text: string | undefined) => seaweed!.setObject(`signed/${key}`, text);
      for (const key of ['2026/a b.md', '2026/deep/ä.md', '2026/.hidden/c.md', '2027/d.md'])
        await put(key, `The text of ${key}.`);
      const create = (directory: string, path: string, principal = newUser('admin')) => {
        const config = { type: 'folder' as const, directory, path, maxDocuments: 10 };
        return world.caller.rpc.call(
          knowledgeSources.create,
          { knowledgeId: baseId, config, intervalS: null },
          as(principal),
        );
      };
      await expect(create('contracts', '2026', user)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      const source = await create('contracts', '/2026/');
      expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 2 } });
      expect(await names()).toEqual(['a b.md', 'ä.md']);
      await put('2026/a b.md', 'Another text.');
      await put('2026/deep/ä.md', undefined);
      await put('2026/large.md', 'x'.repeat(1_100_000));
      expect(await sync(source)).toMatchObject({ error: null, documents: { stored: 1, absent: 1, skipped: 1 } });
      expect((await files()).map(({ generation }) => generation)).toEqual([2, 1]);
      for (const key of ['2026/a b.md', '2026/large.md']) await put(key, undefined);
      expect((await sync(source)).error?.message).toContain('nothing below this prefix');
      // A wrong key, and a server that is not there.
      for (const [directory, sentence] of [
        ['denied', 'does not give it out'],
        ['away', 'does not answer'],
      ] as const)
        expect((await synced(await create(directory, ''))).error?.message).toContain(sentence);
      expect(await names()).toEqual(['a b.md', 'ä.md']);
    },
    60_000,
  );

  it.concurrent(
    'read a branch of a Git repository, only what has changed, with a token that nobody is shown',
    async () => {
      const { add, sync, files, names } = await setUp();
      const git = await GitServer.start();
      repositories.push(git);
      git.token = 'glpat-of-this-test';
      const long = Array.from({ length: 300 }, (_, at) => `Line ${at} of a long file.`);
      await git.commit({
        'docs/a.md': 'The first text.',
        'docs/deep/b.md': long.join('\n'),
        'docs/deep/.hidden/c.md': 'hidden',
        'docs/e.md': 'Kept twice.',
        'docs/f.md': 'Kept twice.',
        'docs/large.bin': 'x'.repeat(1_100_000),
        'docs/film.mp4': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
        'other/d.md': 'Elsewhere.',
      });
      const config = { type: 'git' as const, url: git.url, path: '/docs/', maxDocuments: 10 };
      const source = await add({ ...config, token: git.token });
      expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 3, duplicate: 1, skipped: 2 } });
      expect(await names()).toEqual(['a.md', 'b.md', 'e.md']);
      expect(source.config).toEqual({ ...config, branch: '' });
      const { rows } = await world.db.query<{ text: string }>(
        `SELECT s::text AS text FROM knowledge_sources s UNION ALL SELECT coalesce(result::text, '') || scope || key FROM call_results`,
      );
      for (const { text } of rows) expect(text).not.toContain('glpat');
      git.fetches = 0;
      await git.commit({ 'docs/deep/b.md': [...long, 'One more.'].join('\n'), 'docs/a.md': undefined });
      expect(await sync(source)).toMatchObject({ documents: { stored: 2, absent: 1, duplicate: 1, skipped: 2 } });
      expect(git.fetches, 'the changed one alone').toBe(1);
      expect((await files()).map(({ name, generation }) => [name, generation])).toEqual([
        ['a.md', 1],
        ['b.md', 2],
        ['e.md', 1],
      ]);
      expect(await sync(source)).toMatchObject({ error: null });
      expect(await names()).toEqual(['b.md', 'e.md']);

      git.token = 'another';
      expect((await sync(source)).error?.message).toContain('another token');
      git.token = '';
      git.outage = 503;
      expect((await sync(source)).error?.message).toContain('problem of its own');
      git.outage = undefined;
      for (const [more, sentence] of [
        [{ branch: 'none' }, 'has no branch "none"'],
        [{ path: 'none' }, 'no such folder'],
        [{ url: `${git.url}/none` }, 'is not there'],
      ] as const)
        expect((await synced(await add({ ...config, ...more }))).error?.message).toContain(sentence);
      await git.allow(false);
      expect((await sync(source)).error?.message).toContain('whole repositories only');
      expect(await names()).toEqual(['b.md', 'e.md']);
      for (const more of [{ url: 'ssh://git@example.com/a.git' }, { url: 'ext::sh -c id' }, { branch: 'a..b:c' }])
        await expect(add({ ...config, ...more })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
    60_000,
  );

  it.concurrent(
    'pause while the account of the base’s owner is not active',
    async () => {
      const owner = newUser();
      deactivated.add(owner.userId);
      const knowledgeId = await world.base(owner, randomUUID());
      const config = { type: 'web' as const, mode: 'page' as const, url: 'http://127.0.0.1:9/' };
      const request = { knowledgeId, config, intervalS: null };
      const source = await world.caller.rpc.call(knowledgeSources.create, request, as(owner));
      expect(await synced(source, owner)).toMatchObject({ error: { code: 'PAUSED' }, nextAt: expect.any(Number) });
    },
    30_000,
  );

  it.concurrent(
    'of a base that is deleted meanwhile leave nothing',
    async () => {
      const { site, baseId, add, files } = await setUp();
      const paths = Array.from({ length: 20 }, (_, n) => `/${n}`);
      site.put('/', 'All pages.', paths);
      for (const path of paths) site.put(path, `Page ${path}.`);
      site.delayMs = 100;
      const source = await add({ mode: 'site' });
      await waitFor(async () => (await look(source)).documents.stored! >= 2, { what: 'pages', intervalMs: 20 });
      await world.caller.rpc.call(knowledge.remove, { knowledgeId: baseId }, as());
      await waitFor(async () => (await world.count('source_documents', 'source_id = $1', source.id)) === 0, {
        what: 'the removal of the base',
      });
      const asked = site.requests.length;
      await sleep(500);
      // One may have been on its way.
      expect(site.requests.length).toBeLessThanOrEqual(asked + 1);
      expect(asked).toBeLessThan(21);
      expect(await files()).toEqual([]);
    },
    30_000,
  );

  it.concurrent(
    'are for the base’s owner and administrators only',
    async () => {
      const { site, baseId, add } = await setUp();
      site.put('/', 'A page.');
      const source = await add({});
      const one = { knowledgeId: baseId, sourceId: source.id };
      const config: SourceConfig = { type: 'web', mode: 'page', url: site.url, depth: 1, maxDocuments: 1 };
      const attempts = (principal: Principal): (() => Promise<unknown>)[] => [
        () => world.caller.rpc.call(knowledgeSources.list, { knowledgeId: baseId }, as(principal)),
        () => world.caller.rpc.call(knowledgeSources.get, one, as(principal)),
        () => world.caller.rpc.call(knowledgeSources.documents, one, as(principal)),
        () =>
          world.caller.rpc.call(
            knowledgeSources.create,
            { knowledgeId: baseId, config, intervalS: null },
            as(principal),
          ),
        () => world.caller.rpc.call(knowledgeSources.update, { ...one, intervalS: 900 }, as(principal)),
        () => world.caller.rpc.call(knowledgeSources.sync, one, as(principal)),
        () => world.caller.rpc.call(knowledgeSources.remove, one, as(principal)),
      ];
      // One after another: the last one removes the source.
      const codes = async (principal: Principal): Promise<string[]> => {
        const found = [];
        for (const attempt of attempts(principal))
          found.push(
            await attempt().then(
              () => 'done',
              (error: { code: string }) => error.code,
            ),
          );
        return found;
      };
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
    },
    30_000,
  );

  it.concurrent(
    'have no part in a single page, which becomes a file',
    async () => {
      const { site } = await setUp();
      site.put('/page', 'What only this machine knows.');
      const url = `${site.url}/page`;
      const file = await load(url);
      expect(file).toMatchObject({
        user_id: user.userId,
        meta: { content_type: 'text/html; charset=utf-8', data: { source: url } },
      });
      await world.completed(file.id);
      await expect(load(`${site.url}/none`)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
      await expect(load('http://169.254.169.254/latest/meta-data/')).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
    30_000,
  );

  it('are read to their end although their worker is killed', async () => {
    const { site, add, files } = await setUp();
    const paths = Array.from({ length: 12 }, (_, n) => `/${n}`);
    site.put('/', 'All pages.', paths.slice(0, 6));
    paths.forEach((path, n) => site.put(path, `Page ${n}.`, n < 6 ? [`/${n + 6}`] : []));
    site.delayMs = 60;
    const source = await add({ mode: 'site' });
    await waitFor(async () => (await look(source)).documents.stored! >= 3, { what: '3 pages', intervalMs: 20 });
    await killReader(source);
    expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 13, waiting: 0 } });
    expect((await files()).length).toBe(13);
    // The kill repeats at most the page that was being read.
    expect(site.requests.length).toBeLessThanOrEqual(14);
  }, 60_000);

  it('of Git are read to their end although their worker is killed twice', async () => {
    const { add, files } = await setUp();
    const git = await GitServer.start();
    repositories.push(git);
    await git.commit(Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${n}.md`, `Text ${n}.`])));
    git.delayMs = 80;
    const source = await add({ type: 'git', url: git.url, maxDocuments: 100 });
    for (const documents of [2, 6]) {
      await waitFor(async () => (await look(source)).documents.stored! >= documents, { what: 'files', intervalMs: 20 });
      await Promise.all([killReader(source), world.workers(1, workerEnv)]);
    }
    git.delayMs = 0;
    expect(await synced(source)).toMatchObject({ error: null, documents: { stored: 12, waiting: 0 } });
    expect((await files()).length).toBe(12);
    expect(git.fetches).toBeLessThanOrEqual(14);
  }, 60_000);

  it('and single pages are not read at private addresses unless the operator allows it', async () => {
    const { site, add } = await setUp();
    site.put('/page', 'What only this machine knows.');
    await world.endProcesses('api');
    await world.retrieval('api');
    const [, port] = site.url.split('127.0.0.1');
    for (const address of [`${site.url}/page`, `http://localhost${port}/page`, `http://[::1]${port}/page`])
      await expect(load(address)).rejects.toMatchObject({
        code: expect.stringMatching('INVALID_ARGUMENT|PRECONDITION') as string,
      });
    for (const url of [site.url, 'http://a:b@example.com/'])
      await expect(add({ url })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(site.requests).toEqual([]);
  }, 60_000);
});
