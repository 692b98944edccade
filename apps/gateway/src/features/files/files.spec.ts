import { randomUUID } from 'node:crypto';
import { type Call, CallError } from '@perennial/contracts-kernel';
import { files, type StoredFile } from '@perennial/contracts-retrieval';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

/** Builds a file as retrieval returns it. */
function fileOf(change: Partial<StoredFile> = {}): StoredFile {
  return {
    id: randomUUID(),
    user_id: randomUUID(),
    hash: null,
    filename: 'plan.pdf',
    data: { status: 'pending' },
    meta: {
      name: 'plan.pdf',
      content_type: 'application/pdf',
      size: 7,
      file_hash: 'a'.repeat(64),
      data: {},
      collection_name: 'file-x',
    },
    created_at: 1_700_000_000,
    updated_at: 1_700_000_001,
    ...change,
  };
}

/** The routes of files at the edge; retrieval's replies come from a table. */
describe('files at the edge', () => {
  let edge: Edge;
  let headers: { authorization: string };
  let admin: { authorization: string };
  beforeAll(async () => {
    edge = await startEdge();
    headers = edge.account('user').headers;
    admin = edge.account('admin').headers;
  });
  afterAll(() => edge.close());
  beforeEach(() => edge.rpc.calls.splice(0));

  const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, as = headers) =>
    edge.app.inject({ method, url, headers: as, ...(payload ? { payload } : {}) });
  const asked = (call: Call) => edge.rpc.calls.filter(({ pattern }) => pattern === call.pattern).at(-1)?.request;

  it('lists, finds and counts the caller’s own', async () => {
    const file = fileOf();
    edge.rpc.on(files.list, () => ({ items: [file], total: 31 }));
    expect((await ask('GET', '/api/v1/files/?page=2&content=false')).json()).toEqual({ items: [file], total: 31 });
    expect(asked(files.list)).toEqual({ page: 2, limit: 30 });
    edge.rpc.on(files.search, () => ({ items: [file] }));
    expect((await ask('GET', '/api/v1/files/search?filename=*.pdf&skip=5')).json()).toEqual([file]);
    expect(asked(files.search)).toEqual({ filename: '*.pdf', skip: 5, limit: 100 });
    edge.rpc.on(files.count, () => ({ count: 3 }));
    expect((await ask('GET', '/api/v1/files/count')).json()).toBe(3);
  });

  it('shows, renames, retries and deletes one', async () => {
    const file = fileOf({ data: { status: 'failed', error: 'It is locked with a password.' } });
    const { id } = file;
    const reply = { ...file, status: true, path: `/api/v1/files/${id}/content` };
    edge.rpc.on(files.get, () => file);
    edge.rpc.on(files.rename, ({ name }) => ({ ...file, filename: name }));
    edge.rpc.on(files.retry, () => file);
    edge.rpc.on(files.remove, () => ({ deleted: true }));
    expect((await ask('GET', `/api/v1/files/${id}`)).json()).toEqual(reply);
    const renamed = await ask('POST', `/api/v1/files/${id}/rename`, { filename: ' new.pdf ' });
    expect(renamed.json()).toEqual({ ...reply, filename: 'new.pdf' });
    const disguised = await ask('POST', `/api/v1/files/${id}/rename`, { filename: 'in\u202efdp.exe\n' });
    expect(disguised.json()).toMatchObject({ filename: 'infdp.exe' });
    expect((await ask('POST', `/api/v1/files/${id}/process/retry`, {})).json()).toEqual(reply);
    expect((await ask('DELETE', `/api/v1/files/${id}`)).json()).toEqual({ message: 'The file was deleted.' });
    for (const call of [files.get, files.retry, files.remove]) expect(asked(call)).toEqual({ fileId: id });
  });

  it('deletes all files of all users for an administrator only', async () => {
    edge.rpc.on(files.removeAll, () => ({ deleted: 4 }));
    const refused = await ask('DELETE', '/api/v1/files/all');
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { detail: 'Only an administrator may do this.' }]);
    expect((await ask('DELETE', '/api/v1/files/all', undefined, admin)).json()).toEqual({
      message: '4 files were deleted.',
    });
  });

  it('shows a file’s progress', async () => {
    const id = randomUUID();
    const status = { id, userId: id, state: 'processing' as const, step: 'embed' as const, done: 64, total: 200 };
    edge.rpc.on(files.statuses, () => ({ items: [{ ...status, error: null, generation: 1, liveGeneration: null }] }));
    const reply = await ask('GET', `/api/v1/files/${id}/process/status`);
    expect(reply.json()).toEqual({ status: 'processing', step: 'embed', done: 64, total: 200 });
    edge.rpc.on(files.statuses, () => ({
      items: [
        {
          ...status,
          state: 'failed' as const,
          error: 'It is damaged.',
          step: null,
          done: 0,
          total: 0,
          generation: 1,
          liveGeneration: null,
        },
      ],
    }));
    expect((await ask('GET', `/api/v1/files/${id}/process/status?stream=false`)).json()).toMatchObject({
      status: 'failed',
      error: 'It is damaged.',
    });
  });

  it('sends the text piece by piece as one JSON object, whatever is in it', async () => {
    const pieces = ['He said "no"\n', 'half of 😀: \ud83d', '\ude00 and \u2028', ''];
    edge.rpc.on(files.text, ({ from = { generation: 3, chunk: 0 } }) => ({
      content: pieces[from.chunk] ?? '',
      next: from.chunk + 1 < pieces.length ? { ...from, chunk: from.chunk + 1 } : null,
    }));
    const reply = await ask('GET', `/api/v1/files/${randomUUID()}/data/content`);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reply.json()).toEqual({ content: pieces.join('') });
  });

  it('cuts a text that is replaced while it is sent', async () => {
    edge.rpc.on(files.text, ({ from }) => {
      if (from) throw new CallError('FAILED_PRECONDITION', 'The file was replaced while it was read.');
      return { content: 'the old text', next: { generation: 1, chunk: 1 } };
    });
    await expect(ask('GET', `/api/v1/files/${randomUUID()}/data/content`)).rejects.toThrow();
  });

  const id = randomUUID();
  it.each<['GET' | 'POST' | 'DELETE', string, object | undefined, Call]>([
    ['GET', '', undefined, files.get],
    ['DELETE', '', undefined, files.remove],
    ['POST', '/rename', { filename: 'x' }, files.rename],
    ['POST', '/process/retry', {}, files.retry],
    ['GET', '/data/content', undefined, files.text],
    ['POST', '/data/content/update', { content: 'x' }, files.get],
  ])(
    '%s …%s answers the same for a missing file, another user’s file and an invalid id',
    async (method, path, body, call) => {
      const detail = 'There is no such file, or it is not yours.';
      for (const code of ['NOT_FOUND', 'PERMISSION_DENIED'] as const) {
        edge.rpc.fails(call, new CallError(code, 'There is no such file.'));
        const reply = await ask(method, `/api/v1/files/${id}${path}`, body);
        expect([reply.statusCode, reply.json()]).toMatchObject([404, { detail }]);
        expect(reply.headers['www-authenticate']).toBeUndefined();
      }
      edge.rpc.calls.splice(0);
      const reply = await ask(method, `/api/v1/files/not-an-id${path}`, body);
      expect([reply.statusCode, reply.json()]).toMatchObject([404, { detail }]);
      expect(edge.rpc.commands).toEqual([]);
    },
  );

  it('is 404 when there is nothing to follow', async () => {
    edge.rpc.on(files.statuses, () => ({ items: [] }));
    for (const query of ['', '?stream=true']) {
      const reply = await ask('GET', `/api/v1/files/${id}/process/status${query}`);
      expect([reply.statusCode, reply.json()]).toMatchObject([
        404,
        { detail: 'There is no such file, or it is not yours.' },
      ]);
    }
    expect((await ask('GET', '/api/v1/files/x/process/status?stream=true')).statusCode).toBe(404);
  });

  it('passes on retrieval’s refusals', async () => {
    edge.rpc.fails(files.retry, new CallError('FAILED_PRECONDITION', 'The file has been read already.'));
    const reply = await ask('POST', `/api/v1/files/${id}/process/retry`, {});
    expect([reply.statusCode, reply.json()]).toMatchObject([409, { detail: 'The file has been read already.' }]);
    edge.rpc.fails(files.list, new CallError('UNAVAILABLE', 'Documents cannot be read now.', { retryAfter: 3 }));
    const away = await ask('GET', '/api/v1/files/');
    expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '3']);
  });

  it.each<['GET' | 'POST', string, object | undefined, string]>([
    ['GET', '/api/v1/files/?page=0', undefined, 'page: too small: expected number to be >=1'],
    ['GET', '/api/v1/files/search', undefined, 'filename: is required'],
    ['GET', '/api/v1/files/search?filename=x&limit=5000', undefined, 'limit: too big: expected number to be <=1000'],
    ['POST', `/api/v1/files/${id}/rename`, { filename: '  ' }, 'filename: must not be empty'],
    ['POST', `/api/v1/files/${id}/rename`, {}, 'filename: is required'],
    ['POST', `/api/v1/files/${id}/data/content/update`, { content: '' }, 'content: must not be empty'],
    ['POST', `/api/v1/files/${id}/data/content/update`, { content: 7 }, 'content: must be a string'],
  ])('%s %s %o is 422 with a sentence', async (method, url, body, detail) => {
    const reply = await ask(method, url, body);
    expect([reply.statusCode, reply.json<{ detail: string }>().detail]).toEqual([422, detail]);
    expect(edge.rpc.commands).toEqual([]);
  });
});
