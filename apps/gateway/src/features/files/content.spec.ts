import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { pictures } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import { files as fileCalls, toBlobKey } from '@perennial/contracts-retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Edge, startEdge } from '../../../test/edge';
import { BLOB_STORE } from './blob-store';
import { parseRange, toDisposition } from './content-headers';

/** The edge over a real directory; retrieval returns the files that a test adds. */
describe('the bytes of a file', () => {
  let edge: Edge;
  let directory: string;
  let store: BlobStore;
  const owner = { headers: { authorization: '' }, id: '' };
  const files = new Map<string, { name: string; contentType: string; size: number; sha256: string }>();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-content-'));
    edge = await startEdge({ DATA_DIR: directory });
    store = edge.app.get(BLOB_STORE, { strict: false });
    const { user, headers } = edge.account('user');
    Object.assign(owner, { headers, id: user.id });
    edge.rpc.fails(pictures.locate, new CallError('NOT_FOUND', 'There is no such picture.'));
    edge.rpc.on(fileCalls.locate, ({ fileId }, principal) => {
      const file = files.get(fileId);
      if (file === undefined || principal.kind !== 'user' || principal.userId !== owner.id)
        throw new CallError('NOT_FOUND', 'There is no such file.');
      return { ...file, blobKey: toBlobKey(fileId, '1') };
    });
  });
  afterAll(async () => {
    await edge.close();
    await rm(directory, { recursive: true, force: true });
  });

  const put = async (content: string, name: string, contentType: string): Promise<string> => {
    const id = randomUUID();
    const bytes = Buffer.from(content);
    const stored = await store.put(toBlobKey(id, '1'), Readable.from([bytes]), { maxBytes: 1_000_000 });
    files.set(id, { name, contentType, ...stored });
    return id;
  };
  const get = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    edge.app.inject({ method, url: `/api/v1/files/${path}`, headers: { ...owner.headers, ...headers } });

  it('are not given out when they are encrypted with a key that is not set: 503, and an administrator has to act', async () => {
    const id = await put('plain', 'a.txt', 'text/plain');
    await store.delete(toBlobKey(id, '1'));
    const config = { DATA_DIR: directory, BLOB_ENCRYPTION_KEYS: `lost:${randomBytes(32).toString('base64')}` };
    const sealing = await createBlobStore(z.object(blobStoreEnv).parse(config));
    await sealing.put(toBlobKey(id, '1'), Readable.from([Buffer.from('plain')]), { maxBytes: 100 });
    for (const headers of [{}, { range: 'bytes=0-1' }] as Record<string, string>[]) {
      const reply = await get(`${id}/content`, headers);
      expect(reply.statusCode).toBe(503);
      expect(reply.headers['retry-after']).toBe('60');
      expect(reply.body).toContain('Tell an administrator');
    }
  });

  it('come as they were uploaded, with their hash as the tag, and are never compressed', async () => {
    const content = 'abc '.repeat(10_000);
    const id = await put(content, 'a.txt', 'text/plain');
    const reply = await get(`${id}/content`, { 'accept-encoding': 'gzip, br' });
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toBe(content);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '40000',
      'content-disposition': `inline; filename="a.txt"; filename*=UTF-8''a.txt`,
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: `"${createHash('sha256').update(content).digest('hex')}"`,
    });
    expect(reply.headers['content-encoding']).toBeUndefined();
    const named = await get(`${id}/content/whatever.txt?attachment=true`);
    expect(named.body).toBe(content);
    expect(named.headers['content-disposition']).toMatch(/^attachment; /);
  });

  it.each([
    ['text/html', '<script>alert(document.cookie)</script>', 'a.html'],
    ['Text/HTML; charset=utf-8', '<script>alert(document.cookie)</script>', 'a.html'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 'a.svg'],
    ['application/xhtml+xml', '<html/>', 'a.xhtml'],
    ['text/xml', '<a/>', 'a.xml'],
    ['text/javascript', 'alert(1)', 'a.js'],
    ['application/octet-stream', '<script>1</script>', 'a.bin'],
  ])('of type %s are never shown inline and run nothing', async (type, content, name) => {
    const id = await put(content, name, type);
    for (const path of [`${id}/content`, `${id}/content/${name}`, `${id}/content?attachment=false`]) {
      const { headers } = await get(path);
      expect(headers['content-disposition']).toMatch(/^attachment; /);
      expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('an HTML document may be looked at in a sandbox, anything else not', async () => {
    const id = await put('<p>hello</p><script>1</script>', 'a.html', 'text/html');
    const reply = await get(`${id}/content/html`);
    expect({ status: reply.statusCode, body: reply.body }).toEqual({
      status: 200,
      body: '<p>hello</p><script>1</script>',
    });
    expect(reply.headers['content-disposition']).toMatch(/^inline; /);
    const policy = String(reply.headers['content-security-policy']);
    expect(policy).toMatch(/^sandbox; default-src 'none'/);
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src/);
    expect((await get(`${await put('x', 'a.txt', 'text/plain')}/content/html`)).statusCode).toBe(404);
  });

  it('a PDF has no sandbox, in which some browsers’ viewers do not start', async () => {
    const { headers } = await get(`${await put('%PDF-1.7', 'a.pdf', 'application/pdf')}/content`);
    expect(headers['content-disposition']).toMatch(/^inline; /);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(headers['content-security-policy']).not.toMatch(/sandbox/);
  });

  describe('in ranges', () => {
    let id: string;
    beforeAll(async () => {
      id = await put('0123456789', 'a.txt', 'text/plain');
    });

    it.each([
      ['bytes=0-3', '0123', 'bytes 0-3/10'],
      ['bytes=4-4', '4', 'bytes 4-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=5-500', '56789', 'bytes 5-9/10'],
      ['bytes=-500', '0123456789', 'bytes 0-9/10'],
    ])('%s is 206', async (range, body, contentRange) => {
      const reply = await get(`${id}/content`, { range, 'accept-encoding': 'gzip' });
      expect({ status: reply.statusCode, body: reply.body, range: reply.headers['content-range'] }).toEqual({
        status: 206,
        body,
        range: contentRange,
      });
      expect(reply.headers['content-length']).toBe(String(body.length));
    });

    it.each(['bytes=10-', 'bytes=500-600', 'bytes=-0'])('%s is 416, with the size', async (range) => {
      const reply = await get(`${id}/content`, { range });
      expect(reply.statusCode).toBe(416);
      expect(reply.headers['content-range']).toBe('bytes */10');
      expect(reply.headers['content-type']).toMatch(/json/);
      expect(reply.json()).toMatchObject({ detail: 'The range lies outside of the file.' });
    });

    it.each(['bytes=0-1,3-4', 'bytes=5-2', 'lines=1-2', 'bytes=', 'bytes=-', 'bytes=a-b'])(
      '%s is ignored: 200 with the whole file',
      async (range) => {
        const reply = await get(`${id}/content`, { range });
        expect([reply.statusCode, reply.body]).toEqual([200, '0123456789']);
      },
    );

    it('only of the client’s version', async () => {
      const { headers } = await get(`${id}/content`);
      const fresh = await get(`${id}/content`, { range: 'bytes=0-0', 'if-range': String(headers.etag) });
      const stale = await get(`${id}/content`, { range: 'bytes=0-0', 'if-range': '"another"' });
      expect([fresh.statusCode, stale.statusCode]).toEqual([206, 200]);
    });
  });

  it('are not sent again to a client that has them', async () => {
    const id = await put('abc', 'a.txt', 'text/plain');
    const { etag } = (await get(`${id}/content`)).headers;
    for (const known of [String(etag), `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await get(`${id}/content`, { 'if-none-match': known });
      expect([reply.statusCode, reply.body, reply.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await get(`${id}/content`, { 'if-none-match': '"x"' })).statusCode).toBe(200);
  });

  it('are measured by HEAD without being read', async () => {
    const reply = await get(`${await put('abc', 'a.txt', 'text/plain')}/content`, {}, 'HEAD');
    expect([reply.statusCode, reply.body, reply.headers['content-length']]).toEqual([200, '', '3']);
  });

  it('of another user are 404, like those that do not exist', async () => {
    const id = await put('secret', 'a.txt', 'text/plain');
    const foreign = edge.account('user').headers;
    for (const path of [`${id}/content`, `${id}/content/a.txt`, `${id}/content/html`]) {
      expect((await get(path, foreign)).statusCode).toBe(404);
      const nobody = await edge.app.inject({ method: 'GET', url: `/api/v1/files/${path}` });
      expect(nobody.statusCode).toBe(401);
    }
    expect((await get(`${randomUUID()}/content`)).json()).toMatchObject({
      detail: 'There is no such file, or it is not yours.',
    });
    expect((await get('not-an-id/content')).statusCode).toBe(404);
  });

  it('that are gone from the store are 404, and a store that can not be used is 503', async () => {
    const id = await put('abc', 'a.txt', 'text/plain');
    await store.delete(toBlobKey(id, '1'));
    const reply = await get(`${id}/content`);
    expect([reply.statusCode, reply.json()]).toEqual([
      404,
      { detail: 'The content of this file is not there any more.', code: 'file_content_gone' },
    ]);
  });
});

describe('headers of a file', () => {
  it.each([
    ['a.txt', `inline; filename="a.txt"; filename*=UTF-8''a.txt`],
    ['a "b".txt', `inline; filename="a _b_.txt"; filename*=UTF-8''a%20%22b%22.txt`],
    ['ünï (1)’s.pdf', `inline; filename="_n_ (1)_s.pdf"; filename*=UTF-8''%C3%BCn%C3%AF%20%281%29%E2%80%99s.pdf`],
    ["it's*.txt", `inline; filename="it's*.txt"; filename*=UTF-8''it%27s%2A.txt`],
    ['a\r\nset-cookie: x', `inline; filename="a__set-cookie: x"; filename*=UTF-8''a%0D%0Aset-cookie%3A%20x`],
    ['half \ud83d pair', `inline; filename="half _ pair"; filename*=UTF-8''half%20%EF%BF%BD%20pair`],
  ])('the name %j', (name, expected) => expect(toDisposition(name, 'inline')).toBe(expected));

  it.each([
    ['bytes=0-', { start: 0 }],
    ['bytes=-0', { suffix: 0 }],
    ['bytes=1-2', { start: 1, end: 2 }],
    ['bytes=99999999999999999999-', undefined],
    [undefined, undefined],
  ])('the range %s', (header, expected) => expect(parseRange(header)).toEqual(expected));
});
