import { randomUUID } from 'node:crypto';
import { type Call, CallError } from '@perennial/contracts-kernel';
import { type KnowledgeSource, knowledgeSources } from '@perennial/contracts-retrieval';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

/** The routes of the sources of a base at the edge; retrieval's replies come from a table. */
describe('sources at the edge', () => {
  let edge: Edge;
  const [id, base] = [randomUUID(), randomUUID()];
  const source: KnowledgeSource = {
    id,
    knowledgeId: base,
    config: { type: 'web', mode: 'site', url: 'https://example.com/docs/', depth: 2, maxDocuments: 10 },
    intervalS: 3_600,
    state: 'idle',
    error: { code: 'away', message: 'The server does not answer.' },
    truncated: true,
    startedAt: 1,
    finishedAt: 2,
    succeededAt: null,
    nextAt: 4,
    documents: { waiting: 0, stored: 3, duplicate: 1, skipped: 0, failed: 2, absent: 0 },
    createdAt: 0,
  };
  const shown = {
    id,
    knowledge_id: base,
    type: 'web',
    mode: 'site',
    url: 'https://example.com/docs/',
    depth: 2,
    max_documents: 10,
    interval: 3_600,
    status: 'idle',
    error: 'The server does not answer.',
    truncated: true,
    started_at: 1,
    finished_at: 2,
    succeeded_at: null,
    next_at: 4,
    documents: source.documents,
    created_at: 0,
  };
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());
  beforeEach(() => edge.rpc.calls.splice(0));

  const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, as = edge.account('user').headers) =>
    edge.app.inject({
      method,
      url: `/api/v1/knowledge/${url}`,
      headers: as,
      ...(payload ? { payload } : {}),
    });
  const asked = (call: Call) => edge.rpc.calls.filter(({ pattern }) => pattern === call.pattern).at(-1)?.request;

  it('are added, shown, changed, synced and removed', async () => {
    edge.rpc.on(knowledgeSources.list, () => ({ items: [source] }));
    for (const call of [knowledgeSources.create, knowledgeSources.get, knowledgeSources.update, knowledgeSources.sync])
      edge.rpc.on(call, () => source);
    edge.rpc.on(knowledgeSources.remove, () => ({ removed: true, files: 3 }));
    expect((await ask('GET', `${base}/sources`)).json()).toEqual({ items: [shown] });
    const added = await ask('POST', `${base}/sources`, { mode: 'site', url: ' https://example.com/docs/ ' });
    expect(added.json()).toEqual(shown);
    expect(asked(knowledgeSources.create)).toEqual({
      knowledgeId: base,
      config: { type: 'web', mode: 'site', url: 'https://example.com/docs/', depth: 3, maxDocuments: 1_000 },
      intervalS: 86_400,
    });
    const folder = { type: 'folder' as const, directory: 'handbook', path: 'a/b', maxDocuments: 5 };
    edge.rpc.on(knowledgeSources.create, () => ({ ...source, config: folder }));
    const addedFolder = await ask('POST', `${base}/sources`, {
      type: 'folder',
      directory: 'handbook',
      path: 'a/b',
      max_documents: 5,
      interval: null,
    });
    const { mode: _, url: __, depth: ___, ...rest } = shown;
    expect(addedFolder.json()).toEqual({
      ...rest,
      type: 'folder',
      directory: 'handbook',
      path: 'a/b',
      max_documents: 5,
    });
    expect(asked(knowledgeSources.create)).toEqual({ knowledgeId: base, config: folder, intervalS: null });
    edge.rpc.fails(knowledgeSources.create, new CallError('PERMISSION_DENIED', 'Only for administrators.'));
    expect((await ask('POST', `${base}/sources`, { type: 'folder', directory: 'handbook' })).statusCode).toBe(403);
    expect((await ask('GET', `${base}/sources/${id}`)).json()).toEqual(shown);
    expect((await ask('POST', `${base}/sources/${id}/update`, { interval: null })).json()).toEqual(shown);
    expect(asked(knowledgeSources.update)).toEqual({ knowledgeId: base, sourceId: id, intervalS: null });
    expect((await ask('POST', `${base}/sources/${id}/sync`, {})).json()).toEqual(shown);
    expect((await ask('DELETE', `${base}/sources/${id}?delete_files=false`)).json()).toEqual({
      status: true,
      files: 3,
    });
    expect(asked(knowledgeSources.remove)).toEqual({ knowledgeId: base, sourceId: id, deleteFiles: false });
  });

  it('list their documents', async () => {
    const document = {
      address: 'https://example.com/docs/a',
      state: 'failed' as const,
      message: 'Its server does not give it out (403).',
      fileId: null,
      fileState: null,
      fileError: null,
      absentSince: null,
      checkedAt: 5,
    };
    edge.rpc.on(knowledgeSources.documents, () => ({ items: [document] }));
    const reply = await ask('GET', `${base}/sources/${id}/documents?status=failed&limit=2&after=https://a`);
    expect(reply.json()).toEqual({
      items: [
        {
          address: document.address,
          status: 'failed',
          message: document.message,
          file_id: null,
          file_status: null,
          file_error: null,
          absent_since: null,
          checked_at: 5,
        },
      ],
    });
    expect(asked(knowledgeSources.documents)).toEqual({
      knowledgeId: base,
      sourceId: id,
      state: 'failed',
      after: 'https://a',
      limit: 2,
    });
  });

  it('with bad input are refused before retrieval is asked', async () => {
    const url = 'https://example.com/';
    for (const body of [
      {},
      { url: '' },
      { url: `${url}${'a'.repeat(2_000)}` },
      { type: 'folder', url },
      { type: 'folder', directory: '' },
      { type: 's3', url },
      { url, mode: 'everything' },
      { url, depth: 11 },
      { url, max_documents: 0 },
      { url, interval: 60 },
    ])
      expect((await ask('POST', `${base}/sources`, body)).statusCode).toBe(422);
    expect((await ask('GET', `${base}/sources/no-id`)).statusCode).toBe(404);
    expect((await ask('GET', 'no-id/sources')).statusCode).toBe(404);
    expect(edge.rpc.calls.filter(({ pattern }) => pattern.startsWith('retrieval.sources.'))).toEqual([]);
  });

  it.each<['GET' | 'POST' | 'DELETE', string]>([
    ['GET', `${base}/sources`],
    ['POST', `${base}/sources`],
    ['GET', `${base}/sources/${id}`],
    ['POST', `${base}/sources/${id}/update`],
    ['POST', `${base}/sources/${id}/sync`],
    ['DELETE', `${base}/sources/${id}`],
    ['GET', `${base}/sources/${id}/documents`],
  ])('%s %s is for nobody without an account, and hides what is not the caller’s', async (method, path) => {
    const body = method === 'POST' ? { type: 'web', url: 'https://example.com/', interval: 900 } : undefined;
    expect((await ask(method, path, body, {} as never)).statusCode).toBe(401);
    expect((await ask(method, path, body, edge.account('pending').headers)).statusCode).toBe(403);
    expect(edge.rpc.calls.filter(({ pattern }) => pattern.startsWith('retrieval.sources.'))).toEqual([]);
    for (const call of Object.values(knowledgeSources))
      edge.rpc.fails(call, new CallError('NOT_FOUND', 'There is no such knowledge base.'));
    expect((await ask(method, path, body)).statusCode).toBe(404);
  });
});
