import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '@perennial/contracts-kernel';
import { files, retrievalSettings } from '@perennial/contracts-retrieval';
import type { RetrievalSettings } from '@perennial/contracts-wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { formBuffer, formHeaders, type Part, repeated, sendForm } from '../../../test/forms';
import { SETTINGS, storedFile } from '../../../test/tiny-retrieval';

/** The edge with real HTTP and a real directory as the store; retrieval's replies come from a table. */
const MIB = 1_048_576;

describe('uploading a file', () => {
  let edge: Edge;
  let directory: string;
  let url: string;
  let headers: { authorization: string };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-uploads-'));
    edge = await startEdge({ DATA_DIR: directory, MAX_FILE_BYTES: String(4 * MIB), MAX_UPLOADS_PER_USER: '2' });
    await edge.app.listen(0, '127.0.0.1');
    url = `${(await edge.app.getUrl()).replace('[::1]', '127.0.0.1')}/api/v1/files/`;
  });
  afterAll(async () => {
    await edge.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    headers = edge.account('user').headers;
    edge.rpc.calls.length = 0;
    settings({});
    edge.rpc.on(files.register, (request, principal) =>
      storedFile(request, principal.kind === 'user' ? principal.userId : ''),
    );
    await rm(join(directory, 'blobs'), { recursive: true, force: true });
  });

  const settings = (change: Partial<RetrievalSettings>): void => {
    edge.rpc.on(retrievalSettings.get, () => ({ version: 1, settings: { ...SETTINGS, ...change } }));
  };
  const blobs = async (): Promise<string[]> =>
    (await readdir(join(directory, 'blobs'), { recursive: true }).catch(() => [])).filter((name) => name.includes('.'));
  const registered = () => edge.rpc.calls.filter(({ pattern }) => pattern === files.register.pattern);
  const file = (content: Part['content'] = 'some text', fileName = 'a.txt', contentType = 'text/plain'): Part => ({
    name: 'file',
    fileName,
    contentType,
    content,
  });
  const metadata = (value: unknown): Part => ({ name: 'metadata', content: JSON.stringify(value) });
  const upload = async (parts: readonly Part[], query = '') => {
    const answer = await sendForm(`${url}${query}`, headers, parts);
    const body = JSON.parse(answer.body) as { detail?: string; id?: string; [key: string]: unknown };
    return { ...answer, body };
  };

  it('stores the bytes, registers them once, and replies with the file', async () => {
    const knowledgeId = randomUUID();
    const directoryId = randomUUID();
    const { status, body } = await upload([file(), metadata({ knowledge_id: knowledgeId, directory_id: directoryId })]);
    expect(status).toBe(200);
    const sha256 = createHash('sha256').update('some text').digest('hex');
    expect(body).toMatchObject({
      filename: 'a.txt',
      status: true,
      data: { status: 'pending' },
      path: `/api/v1/files/${body.id}/content`,
      meta: { name: 'a.txt', content_type: 'text/plain', size: 9, file_hash: sha256 },
    });
    expect(registered()).toHaveLength(1);
    expect(registered()[0]?.request).toMatchObject({
      fileId: body.id,
      size: 9,
      sha256,
      knowledgeId,
      metadata: { knowledge_id: knowledgeId, directory_id: directoryId },
      directoryId,
      process: true,
    });
    expect(await blobs()).toEqual([join('files', String(body.id), '1.blob')]);
  });

  it('accepts the parts in any order, and unknown parts', async () => {
    const { status } = await upload([metadata({ a: 1 }), { name: 'other', content: 'x' }, file()], '?process=false');
    expect(status).toBe(200);
    expect(registered()[0]?.request).toMatchObject({ metadata: { a: 1 }, process: false });
  });

  it.each([
    ['ångström 漢字.txt', 'ångström 漢字.txt'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\notes.md', 'notes.md'],
    ['a\u202efdp.exe', 'afdp.exe'],
    ['   ', 'file'],
    [`${'é'.repeat(300)}.pdf`, `${'é'.repeat(125)}.pdf`],
  ])('the name %j is kept as %j', async (given, kept) => {
    const { status, body } = await upload([file('x', given)]);
    expect({ status, name: body['filename'] }).toEqual({ status: 200, name: kept });
  });

  it('keeps an empty file', async () => {
    const { status, body } = await upload([file('')]);
    expect({ status, meta: body['meta'] }).toMatchObject({ status: 200, meta: { size: 0 } });
  });

  describe('is refused and leaves nothing', () => {
    it.each<[string, number, RegExp, () => Part[]]>([
      ['without a file', 400, /no part "file"/, () => [metadata({})]],
      [
        'with the file in another part',
        400,
        /must be in the part "file", not in "document"/,
        () => [{ ...file(), name: 'document' }],
      ],
      ['with two files', 400, /one file/, () => [file(), file()]],
      ['with too many parts', 400, /too many parts/, () => [file(), ...Array.from({ length: 20 }, () => metadata({}))]],
      [
        'with metadata that is no JSON',
        400,
        /"metadata" must be a JSON object/,
        () => [file(), { name: 'metadata', content: '{' }],
      ],
      ['with metadata that is no object', 400, /"metadata" must be a JSON object/, () => [file(), metadata([1])]],
      [
        'with metadata that is nested beyond reason',
        400,
        /"metadata" must be/,
        () => [file(), { name: 'metadata', content: '['.repeat(30_000) }],
      ],
      [
        'with metadata that is too large',
        400,
        /"metadata" is too large/,
        () => [file(), metadata('x'.repeat(300_000))],
      ],
      [
        'with a base that is no id',
        422,
        /knowledge_id: is not the id/,
        () => [metadata({ knowledge_id: 'mine' }), file()],
      ],
      ['when it is too large', 413, /at most 4 MB/, () => [file(repeated(Buffer.alloc(65_536), 4 * MIB + 1))]],
      ['when it is far too large', 413, /at most 4 MB/, () => [file(repeated(Buffer.alloc(65_536), 40 * MIB))]],
    ])('%s: %i', async (_, status, sentence, parts) => {
      const answer = await upload(parts());
      expect(answer.body.detail).toMatch(sentence);
      expect(answer.status).toBe(status);
      expect(registered()).toEqual([]);
      expect(await blobs()).toEqual([]);
    });

    it('by the admin’s limits of size and type', async () => {
      settings({ FILE_MAX_SIZE: 1, ALLOWED_FILE_EXTENSIONS: ['pdf', 'txt'] });
      expect(await upload([file(repeated(Buffer.alloc(65_536), MIB + 1))])).toMatchObject({
        status: 413,
        body: { detail: 'The file is too large: at most 1 MB are allowed.' },
      });
      expect(await upload([file('MZ', 'a.EXE')])).toMatchObject({
        status: 415,
        body: { detail: 'Files of this kind are not allowed. Allowed are: pdf, txt.' },
      });
      expect((await upload([file('x', 'a.TXT')])).status).toBe(200);
      expect(await blobs()).toHaveLength(1);
    });

    it('unread, when its length says that it is too large', async () => {
      const answer = await sendForm(url, { ...headers, 'content-length': String(50 * MIB) }, [
        file(repeated(Buffer.alloc(65_536), 50 * MIB)),
      ]).catch((error: NodeJS.ErrnoException) => ({ status: error.code }));
      expect(answer.status).toBe(413);
      expect(await blobs()).toEqual([]);
    });

    it('when it is not a form, or has no boundary', async () => {
      const send = (type: string) =>
        edge.app.inject({
          method: 'POST',
          url: '/api/v1/files/',
          headers: { ...headers, 'content-type': type },
          payload: '{}',
        });
      expect((await send('application/json')).statusCode).toBe(415);
      expect((await send('multipart/form-data')).json()).toMatchObject({
        detail: 'The form has no boundary: send it as multipart/form-data.',
      });
    });

    it('when retrieval refuses it', async () => {
      edge.rpc.fails(files.register, new CallError('INVALID_ARGUMENT', 'Duplicate content detected.'));
      expect(await upload([file()])).toMatchObject({ status: 400, body: { detail: 'Duplicate content detected.' } });
      expect(await blobs()).toEqual([]);
    });

    it('when retrieval is away, unread', async () => {
      edge.rpc.fails(retrievalSettings.get, new CallError('UNAVAILABLE', 'nobody answers', { retryAfter: 1 }));
      const answer = await upload([file()]);
      expect({ status: answer.status, retry: answer.headers['retry-after'] }).toEqual({ status: 503, retry: '1' });
      expect(await blobs()).toEqual([]);
    });

    it('when its client disconnects', async () => {
      const abort = new AbortController();
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
        await sleep(10_000, undefined, { signal: abort.signal });
      }
      const sent = sendForm(url, headers, [file(slow())], abort.signal);
      await expect.poll(blobs).toHaveLength(1);
      abort.abort();
      await expect(sent).rejects.toThrow();
      await expect.poll(blobs).toEqual([]);
      expect(registered()).toEqual([]);
    });

    it('when its form ends too early', async () => {
      const whole = await formBuffer([file('x'.repeat(100_000))]);
      const reply = await edge.app.inject({
        method: 'POST',
        url: '/api/v1/files/',
        headers: { ...headers, ...formHeaders },
        payload: whole.subarray(0, 50_000),
      });
      expect(reply.statusCode).toBe(400);
      expect(reply.json()).toMatchObject({ detail: 'The form ended early, or is not multipart/form-data.' });
      expect(await blobs()).toEqual([]);
    });

    it('while too many of the same user are under way; other users are not affected', async () => {
      const go = new AbortController();
      async function* waiting(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('x');
        await new Promise((resolve) => go.signal.addEventListener('abort', resolve));
      }
      const first = [upload([file(waiting())]), upload([file(waiting())])];
      await expect.poll(blobs).toHaveLength(2);
      const third = await upload([file()]);
      expect({ status: third.status, retry: third.headers['retry-after'] }).toEqual({ status: 429, retry: '2' });
      const mine = headers;
      headers = edge.account('user').headers;
      expect((await upload([file()])).status).toBe(200);
      headers = mine;
      go.abort();
      expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
      expect((await upload([file()])).status).toBe(200);
    });
  });

  it('is registered again when retrieval was away for a moment', async () => {
    const handler = Reflect.get(edge.rpc, 'handlers') as Map<string, (request: never, principal: never) => unknown>;
    const answers = handler.get(files.register.pattern)!;
    let failures = 1;
    handler.set(files.register.pattern, (request, principal) => {
      if (failures-- > 0) throw new CallError('UNAVAILABLE', 'Redis is away');
      return answers(request, principal);
    });
    const { status, body } = await upload([file()]);
    expect(status).toBe(200);
    expect(registered().map(({ request }) => (request as { fileId: string }).fileId)).toEqual([body.id, body.id]);
  });

  it('keeps the bytes if the outcome of the registration is unknown', async () => {
    edge.rpc.fails(files.register, new CallError('DEADLINE_EXCEEDED', 'no answer'));
    expect((await upload([file()])).status).toBe(504);
    expect(await blobs()).toHaveLength(1);
  });

  it('is 503 with Retry-After while the store is unusable; the rest works', async () => {
    await writeFile(join(directory, 'blobs'), '');
    const answer = await upload([file(repeated(Buffer.alloc(65_536), 3 * MIB))]);
    expect({ status: answer.status, retry: answer.headers['retry-after'] }).toEqual({ status: 503, retry: '60' });
    expect(answer.body.detail).toBe('The file store is not set up correctly. Tell an administrator.');
    expect(registered()).toEqual([]);
    expect((await edge.runtime.readiness.report()).checks.map(({ name }) => name)).not.toContain('blob-store');
  });

  it('without a session is refused unread', async () => {
    headers = { authorization: 'Bearer nothing' };
    const answer = await upload([file(repeated(Buffer.alloc(65_536), 3 * MIB))]);
    expect(answer.status).toBe(411);
    expect(edge.rpc.commands).toEqual([]);
  });

  it('by a cross-site page is refused, and so is one of a pending account', async () => {
    const [, token = ''] = headers.authorization.split(' ');
    const send = (own: Record<string, string>) => sendForm(url, own, [file()]);
    const foreign = await send({ cookie: `token=${token}`, origin: 'https://evil.example' });
    expect([foreign.status, await blobs()]).toEqual([403, []]);
    expect((await send({ cookie: `token=${token}`, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await send(edge.account('pending').headers)).status).toBe(403);
    expect(await blobs()).toHaveLength(1);
  });

  it('is the only route that reads a form', async () => {
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/chats/new',
      headers: { ...headers, ...formHeaders },
      payload: await formBuffer([file()]),
    });
    expect(reply.statusCode).toBe(415);
  });
});
