import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { createLogger, SecretCipher } from '@perennial/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Edge, SECRET, startEdge } from '../../../test/edge';
import { KeptReleases } from './kept-releases';
import { Site } from './site';

const DAY_S = 86_400;

describe('files of other releases of the page', () => {
  let directory: string;
  let data: string;
  let edges: Edge[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gateway-kept-'));
    data = join(directory, 'data');
    edges = [];
  });
  afterEach(async () => {
    await Promise.all(edges.map((edge) => edge.close()));
    await rm(directory, { recursive: true });
  });

  const partOf = (version: number): string => `/assets/part-Version${version}.js`;
  const textOf = (version: number): string => `export const version = ${version};${' '.repeat(2_000)}`;

  /** The page as a version builds it. */
  async function build(version: number): Promise<string> {
    const root = join(directory, `site-${version}`);
    await mkdir(join(root, 'assets'), { recursive: true });
    await writeFile(join(root, 'index.html'), `<script src="/assets/index-Version${version}.js"></script>`);
    await writeFile(join(root, partOf(version)), textOf(version));
    await writeFile(join(root, `${partOf(version)}.br`), brotliCompressSync(textOf(version)));
    await writeFile(join(root, 'assets/shared-DfE3a9F1x.js'), 'shared');
    return root;
  }

  /** A gateway of a version; its files are in the store, as far as that can be written. */
  async function gateway(version: number, env: Record<string, string> = {}): Promise<Edge> {
    const edge = await startEdge({ DATA_DIR: data, ...env }, await build(version));
    edges.push(edge);
    return edge;
  }

  const get = (edge: Edge, url: string, headers: Record<string, string> = {}) =>
    edge.app.inject({ method: 'GET', url, headers });

  /** Asks until the gateway has started to serve it: it puts its files into the store while it serves already. */
  const untilServed = (edge: Edge, url: string) =>
    vi.waitFor(async () => expect((await get(edge, url)).statusCode).toBe(200), 10_000);

  async function release(version: number, store: BlobStore, secret = SECRET): Promise<KeptReleases> {
    const site = await Site.open(await build(version), true);
    const cipher = new SecretCipher([secret], 'gateway.page');
    return new KeptReleases(store, site!, cipher, createLogger({ service: 'test', instance: 'test', level: 'silent' }));
  }

  const openStore = () => createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: data }));

  /** As if everything in the store were older. */
  async function age(days: number): Promise<void> {
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) await utimes(path, new Date(), (await stat(path)).mtimeMs / 1_000 - days * DAY_S);
    }
  }

  it('are served in both directions while two versions run, and after the older one has gone', async () => {
    const [older, newer] = [await gateway(1), await gateway(2)];
    await untilServed(newer, partOf(1));
    await untilServed(older, partOf(2));
    await older.close();
    edges = [newer];

    const reply = await get(newer, partOf(1), { 'accept-encoding': 'gzip, br' });
    expect(brotliDecompressSync(reply.rawPayload).toString()).toBe(textOf(1));
    expect(reply.headers).toMatchObject({
      'content-encoding': 'br',
      'content-type': 'application/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      vary: 'accept-encoding',
    });
    expect((await get(newer, partOf(1))).body).toBe(textOf(1));
    const unread = await get(newer, partOf(1), { 'accept-encoding': 'br;q=0, identity' });
    expect([unread.body, unread.headers['content-encoding']]).toEqual([textOf(1), undefined]);
  });

  it('what no release has is not there, and is asked of the store seldom', async () => {
    const store = await openStore();
    const kept = await release(1, store);
    const lists = vi.spyOn(store, 'list');
    const names = Array.from({ length: 200 }, (_, at) => `assets/part-Unknown${at}.js`);
    const found = await Promise.all(names.map((name) => kept.find(name)));
    expect(found.every((file) => file === undefined)).toBe(true);
    expect(lists.mock.calls.length).toBeLessThan(3);
    const edge = await gateway(2);
    const reply = await get(edge, '/assets/part-Unknown.js');
    expect([reply.statusCode, reply.headers['cache-control']]).toEqual([404, 'no-store']);
    expect(reply.json()).toHaveProperty('detail');
  });

  it('a store that is away makes nothing worse: the own files are served, and others when it is back', async () => {
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'blobs'), 'not a directory');
    const edge = await gateway(2);
    expect((await get(edge, partOf(2))).statusCode).toBe(200);
    const refused = await get(edge, partOf(1));
    expect([refused.statusCode, refused.headers['cache-control']]).toEqual([503, 'no-store']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await rm(join(data, 'blobs'));
    await gateway(1);
    await untilServed(edge, partOf(1));
  });

  it('nobody who can write into the store, and has not the deployment’s key, changes the page', async () => {
    const store = await openStore();
    await (await release(1, store, 'another key of somebody else')).publish();
    const kept = await release(2, store);
    expect(await kept.find(partOf(1).slice(1))).toBeUndefined();

    await (await release(3, store)).publish();
    const bytes = (await readdir(data, { recursive: true })).filter((name) => name.includes('bytes-'));
    expect(bytes).toHaveLength(2);
    for (const path of bytes.map((name) => join(data, name)))
      await writeFile(path, Buffer.alloc((await readFile(path)).length, 'x'));
    expect(await kept.find(partOf(3).slice(1))).toBeUndefined();
  });

  it('a release without its index, as a killed replica leaves it, is put again', async () => {
    const store = await openStore();
    await (await release(1, store)).publish();
    for await (const { key } of store.list('page/')) if (key.endsWith('/index')) await store.delete(key);
    const other = await release(2, store);
    expect(await other.find(partOf(1).slice(1))).toBeUndefined();
    await Promise.all([(await release(1, store)).publish(), (await release(1, store)).publish()]);
    expect((await other.find(partOf(1).slice(1)))?.path).toBe(partOf(1).slice(1));
  });

  it('what came last and two before it are kept, whatever the order of their versions', async () => {
    const store = await openStore();
    const releases = async () => {
      const found = new Set<string>();
      for await (const { key } of store.list('page/')) found.add(key.split('/')[1] ?? '');
      return found.size;
    };
    for (const version of [1, 2, 3]) {
      await (await release(version, store)).publish();
      await age(1);
    }
    // A rollback to the first.
    await (await release(1, store)).publish();
    await age(1);
    await (await release(4, store)).publish();
    expect(await releases()).toBe(3);
    const kept = await release(5, store);
    const found = await Promise.all(
      [1, 2, 3, 4].map(async (version) => Boolean(await kept.find(partOf(version).slice(1)))),
    );
    expect(found).toEqual([true, false, true, true]);
    // It is there also where the release that it was read from has gone.
    expect((await kept.find('assets/shared-DfE3a9F1x.js'))?.bytes.toString()).toBe('shared');
  });
});
