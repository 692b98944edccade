import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobStore } from '@perennial/blob-store';
import { users } from '@perennial/contracts-auth';
import { type Call, CallError } from '@perennial/contracts-kernel';
import {
  blobMove,
  type BlobMoveStatus,
  documents,
  embedding as embeddingCalls,
  type EmbeddingConfig,
  files,
  knowledge,
  type KnowledgeBase,
  RETRIEVAL_SETTINGS_CHANGED,
  retrievalSettings,
  searchIndex,
  type StoredFile,
  vectorMove,
  type VectorMoveStatus,
  webPages,
} from '@perennial/contracts-retrieval';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { SETTINGS } from '../../../test/tiny-retrieval';
import { BLOB_STORE } from '../files/blob-store';

const settings = { ...SETTINGS, FILE_MAX_SIZE: 20, FILE_MAX_COUNT: 5 };

const REFUSED = randomUUID();
const embedding: EmbeddingConfig = {
  version: 1,
  engine: 'openai',
  model: 'text-embedding-3-small',
  batchSize: 64,
  concurrentRequests: 4,
  openai: { url: 'http://embedder/v1', key: '••••abcd' },
  ollama: { url: '', key: '' },
  index: {
    active: { id: randomUUID(), engine: '', model: 'all-MiniLM-L6-v2', dimension: 384 },
    building: {
      id: randomUUID(),
      engine: 'openai',
      model: 'text-embedding-3-small',
      dimension: null,
      done: 1,
      total: 9,
      error: null,
    },
    refused: { total: 1, files: [{ fileId: REFUSED, name: 'a.txt', building: true, error: 'Chunk 3 …', tries: 2 }] },
  },
};

/** The routes of retrieval at the edge; retrieval's replies come from a table, the blob store is a directory. */
describe('retrieval at the edge', () => {
  let edge: Edge;
  let directory: string;
  let headers: { authorization: string };
  let admin: { authorization: string };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'retrieval-edge-'));
    edge = await startEdge({ DATA_DIR: directory });
    headers = edge.account('user').headers;
    admin = edge.account('admin').headers;
  });
  afterAll(async () => {
    await edge.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => edge.rpc.calls.splice(0));

  const ask = (method: 'GET' | 'POST', url: string, payload?: object, as = headers) =>
    edge.app.inject({ method, url: `/api/v1/retrieval${url}`, headers: as, ...(payload ? { payload } : {}) });
  const asked = (call: Call) => edge.rpc.calls.filter(({ pattern }) => pattern === call.pattern).at(-1)?.request;
  const fileOf = (id: string, filename: string): StoredFile => ({
    id,
    user_id: randomUUID(),
    hash: null,
    filename,
    data: { status: 'pending' },
    meta: { name: filename, content_type: '', size: 1, file_hash: 'a'.repeat(64), data: {}, collection_name: '' },
    created_at: 0,
    updated_at: 0,
  });

  const statusOf = (id: string) => ({
    id,
    userId: randomUUID(),
    state: 'pending' as const,
    step: null,
    done: 0,
    total: 0,
    error: null,
    generation: 1,
    liveGeneration: null,
  });

  it('shows its settings under the wire’s names, with missing engines empty', async () => {
    edge.rpc.on(retrievalSettings.get, () => ({ version: 3, settings }));
    const reply = (await ask('GET', '/config', undefined, admin)).json<Record<string, unknown>>();
    expect(reply).toMatchObject({ status: true, ...settings, CONTENT_EXTRACTION_ENGINE: '', RAG_RERANKING_MODEL: '' });
    expect(reply.web).toMatchObject({ ENABLE_WEB_SEARCH: false });
  });

  it('changes the given settings, and ignores those of missing engines', async () => {
    edge.rpc.on(retrievalSettings.update, (change) => ({ version: 4, settings: { ...settings, ...change } }));
    const body = { TOP_K: 7, FILE_MAX_SIZE: null, TIKA_SERVER_URL: 'http://tika', web: { ENABLE_WEB_SEARCH: true } };
    const reply = await ask('POST', '/config/update', body, admin);
    expect(reply.json()).toMatchObject({ status: true, TOP_K: 7, FILE_MAX_SIZE: null, TIKA_SERVER_URL: '' });
    expect(asked(retrievalSettings.update)).toEqual({ TOP_K: 7, FILE_MAX_SIZE: null });
    edge.rpc.fails(
      retrievalSettings.update,
      new CallError('INVALID_ARGUMENT', 'CHUNK_OVERLAP must be less than CHUNK_SIZE.'),
    );
    const refused = await ask('POST', '/config/update', { CHUNK_OVERLAP: 5_000 }, admin);
    expect([refused.statusCode, refused.json()]).toMatchObject([
      400,
      { detail: 'CHUNK_OVERLAP must be less than CHUNK_SIZE.' },
    ]);
  });

  it('shows the embedding model, the active index and the one being built', async () => {
    edge.rpc.on(embeddingCalls.get, () => embedding);
    expect((await ask('GET', '/embedding', undefined, admin)).json()).toEqual({
      status: true,
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'text-embedding-3-small',
      RAG_EMBEDDING_BATCH_SIZE: 64,
      ENABLE_ASYNC_EMBEDDING: true,
      RAG_EMBEDDING_CONCURRENT_REQUESTS: 4,
      openai_config: embedding.openai,
      ollama_config: embedding.ollama,
      azure_openai_config: { url: '', key: '', version: '' },
      index: {
        active: { engine: '', model: 'all-MiniLM-L6-v2', dimension: 384 },
        building: {
          engine: 'openai',
          model: 'text-embedding-3-small',
          dimension: null,
          done: 1,
          total: 9,
          error: null,
        },
        refused: {
          total: 1,
          files: [{ id: REFUSED, filename: 'a.txt', building: true, error: 'Chunk 3 …', tries: 2 }],
        },
      },
    });
  });

  it('changes the given embedding settings', async () => {
    edge.rpc.on(embeddingCalls.update, () => ({
      ...embedding,
      index: { active: null, building: null, refused: { total: 0, files: [] } },
    }));
    const body = {
      RAG_EMBEDDING_ENGINE: 'ollama',
      RAG_EMBEDDING_MODEL: 'nomic-embed-text',
      openai_config: null,
      ollama_config: { url: 'http://ollama' },
    };
    expect((await ask('POST', '/embedding/update', body, admin)).json()).toMatchObject({
      status: true,
      index: { active: null, building: null },
    });
    expect(asked(embeddingCalls.update)).toEqual({
      engine: 'ollama',
      model: 'nomic-embed-text',
      ollama: { url: 'http://ollama', key: '' },
    });
  });

  it('searches one collection or many, and answers with parallel lists', async () => {
    const metadata = { source: 'a.md', name: 'a.md', file_id: randomUUID(), page: 2 };
    edge.rpc.on(documents.query, () => ({
      ids: ['1'],
      distances: [0.8],
      documents: ['text'],
      metadatas: [metadata],
    }));
    const lists = { ids: [['1']], distances: [[0.8]], documents: [['text']], metadatas: [[metadata]] };
    const collection = `file-${randomUUID()}`;
    const reply = await ask('POST', '/query/doc', { collection_name: collection, query: ' what ', k: 5, r: null });
    expect(reply.json()).toEqual(lists);
    expect(asked(documents.query)).toEqual({ collections: [collection], query: 'what', k: 5 });
    const many = {
      collection_names: [collection, randomUUID()],
      query: 'what',
      r: 0.2,
      hybrid: true,
      hybrid_bm25_weight: 0.3,
    };
    expect((await ask('POST', '/query/collection', many)).json()).toEqual(lists);
    expect(asked(documents.query)).toEqual({
      collections: many.collection_names,
      query: 'what',
      threshold: 0.2,
      hybrid: true,
      keywordWeight: 0.3,
    });
    edge.rpc.fails(documents.query, new CallError('NOT_FOUND', 'There is no such collection.'));
    expect((await ask('POST', '/query/collection', many)).statusCode).toBe(404);
    edge.rpc.fails(documents.query, new CallError('UNAVAILABLE', 'The store is away.', { retryAfter: 5 }));
    const away = await ask('POST', '/query/collection', many);
    expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '5']);
  });

  it('creates a file from a text, and removes the data of a rejected one', async () => {
    let key = '';
    edge.rpc.on(files.register, ({ fileId, name }) => {
      key = `files/${fileId}/1`;
      return fileOf(fileId, name);
    });
    const reply = (await ask('POST', '/process/text', { name: 'notes', content: 'Größe' })).json<{ file_id: string }>();
    expect(reply).toEqual({
      status: true,
      collection_name: `file-${reply.file_id}`,
      filename: 'notes',
      content: 'Größe',
      file_id: reply.file_id,
    });
    expect(asked(files.register)).toMatchObject({ size: 7, contentType: 'text/plain; charset=utf-8', process: true });
    const store = edge.app.get<BlobStore>(BLOB_STORE, { strict: false });
    const { stream } = await store.get(key);
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('Größe');
    const count = async () => (await Readable.from(store.list('files/')).toArray()).length;
    const before = await count();
    edge.rpc.fails(files.register, new CallError('RESOURCE_EXHAUSTED', 'You have too many files.'));
    expect((await ask('POST', '/process/text', { name: 'notes', content: 'x' })).statusCode).toBe(429);
    expect(await count()).toBe(before);
  });

  it('makes a web page a file, or returns only its text', async () => {
    const [id, base] = [randomUUID(), randomUUID()];
    const url = 'https://example.com/guide';
    edge.rpc.on(webPages.load, () => fileOf(id, 'example.com - guide.html'));
    edge.rpc.on(files.statuses, () => ({ items: [{ ...statusOf(id), state: 'completed' as const }] }));
    edge.rpc.on(files.text, () => ({ content: '# Guide', next: null }));
    const file = { id, data: { content: '# Guide' }, meta: { name: 'example.com - guide.html', source: url } };
    const reply = await ask('POST', '/process/web?overwrite=true', { url, collection_name: base });
    expect(reply.json()).toEqual({ status: true, collection_name: base, filename: url, file });
    expect(asked(webPages.load)).toEqual({ url, knowledgeId: base });
    const alone = await ask('POST', '/process/web', { url: ` ${url} `, collection_name: null });
    expect(alone.json()).toEqual({ status: true, collection_name: `file-${id}`, filename: url, file });
    edge.rpc.on(files.remove, () => ({ deleted: true }));
    const text = await ask('POST', '/process/web?process=false', { url, collection_name: base });
    expect(text.json()).toEqual({ status: true, content: '# Guide' });
    expect([asked(webPages.load), asked(files.remove)]).toEqual([{ url }, { fileId: id }]);
    expect((await ask('POST', '/process/web', { url: '' })).statusCode).toBe(422);
    for (const [code, status] of [
      ['INVALID_ARGUMENT', 400],
      ['FAILED_PRECONDITION', 400],
      ['RESOURCE_EXHAUSTED', 429],
    ] as const) {
      edge.rpc.fails(webPages.load, new CallError(code, 'Not this page.'));
      const refused = await ask('POST', '/process/web', { url });
      expect([refused.statusCode, refused.json()]).toMatchObject([status, { detail: 'Not this page.' }]);
    }
    const anonymous = await ask('POST', '/process/web', { url }, {} as typeof headers);
    expect(anonymous.statusCode).toBe(401);
    expect((await ask('POST', '/process/web', { url }, edge.account('pending').headers)).statusCode).toBe(403);
  });

  it('replaces the text of a file under a new key; a PDF becomes a text file', async () => {
    const id = randomUUID();
    edge.rpc.on(files.get, () => fileOf(id, 'plan.pdf'));
    edge.rpc.on(files.replace, () => fileOf(id, 'plan.pdf.txt'));
    const url = `/api/v1/files/${id}/data/content/update`;
    const reply = await edge.app.inject({ method: 'POST', url, headers, payload: { content: 'new' } });
    expect(reply.json()).toEqual({ content: 'new' });
    expect(asked(files.replace)).toMatchObject({
      fileId: id,
      blobKey: expect.stringMatching(new RegExp(`^files/${id}/[0-9a-f-]{36}$`)) as string,
      name: 'plan.pdf.txt',
      size: 3,
    });
  });

  it('ingests a stored file, into a base if one is named', async () => {
    const id = randomUUID();
    const base = randomUUID();
    edge.rpc.on(files.get, () => fileOf(id, 'a.md'));
    edge.rpc.on(knowledge.addFiles, () => ({ id: base }) as KnowledgeBase);
    edge.rpc.fails(files.retry, new CallError('FAILED_PRECONDITION', 'It has been read already.'));
    const own = { status: true, collection_name: `file-${id}`, filename: 'a.md', content: '' };
    expect((await ask('POST', '/process/file', { file_id: id })).json()).toEqual(own);
    expect(asked(files.retry)).toEqual({ fileId: id });
    edge.rpc.on(knowledge.addFiles, ({ knowledgeId }) => ({
      id: knowledgeId,
      user_id: id,
      name: 'b',
      description: '',
      meta: null,
      access_grants: [],
      file_count: 1,
      write_access: true,
      created_at: 0,
      updated_at: 0,
    }));
    const placed = await ask('POST', '/process/file', { file_id: id, collection_name: base });
    expect(placed.json()).toEqual({ ...own, collection_name: base });
    expect(asked(knowledge.addFiles)).toEqual({ knowledgeId: base, fileIds: [id], directoryOf: {} });
    edge.rpc.fails(files.get, new CallError('NOT_FOUND', 'There is no such file.'));
    expect((await ask('POST', '/process/file', { file_id: id })).json()).toMatchObject({
      detail: 'There is no such file, or it is not yours.',
    });
  });

  it('removes a file from a collection, and resets for an administrator', async () => {
    const [id, base] = [randomUUID(), randomUUID()];
    edge.rpc.on(files.remove, () => ({ deleted: true }));
    edge.rpc.on(files.removeAll, () => ({ deleted: 2 }));
    edge.rpc.on(searchIndex.rebuild, () => embedding.index);
    edge.rpc.on(knowledge.removeFile, () => ({
      id: base,
      user_id: id,
      name: 'b',
      description: '',
      meta: null,
      access_grants: [],
      file_count: 0,
      write_access: true,
      created_at: 0,
      updated_at: 0,
    }));
    const remove = (collection: string) => ask('POST', '/delete', { collection_name: collection, file_id: id }, admin);
    expect((await remove(base)).json()).toEqual({ status: true });
    expect(asked(knowledge.removeFile)).toEqual({ knowledgeId: base, fileId: id, deleteFile: false });
    expect((await remove(`file-${id}`)).json()).toEqual({ status: true });
    expect(asked(files.remove)).toEqual({ fileId: id });
    expect((await ask('POST', '/reset/db', {}, admin)).json()).toBe(true);
    expect((await ask('POST', '/reset/uploads', {}, admin)).json()).toBe(true);
  });

  it('moves the documents to another vector store, and says why not', async () => {
    const status: VectorMoveStatus = {
      stores: ['default', 'qdrant'],
      active: 'default',
      moving: { to: 'qdrant', done: 1, total: 2, pointsPerSecond: 500, minRecall: 0.9, paused: false, error: null },
      former: null,
      comparison: null,
    };
    for (const call of [vectorMove.status, vectorMove.start, vectorMove.pause, vectorMove.cancel])
      edge.rpc.on(call, () => status);
    const { pointsPerSecond, minRecall, ...moving } = status.moving!;
    const reply = { ...status, moving: { ...moving, points_per_second: pointsPerSecond, min_recall: minRecall } };
    const body = { to: 'qdrant', points_per_second: 500, min_recall: 0.9 };
    expect((await ask('GET', '/vectors/move', undefined, admin)).json()).toEqual(reply);
    expect((await ask('POST', '/vectors/move', body, admin)).json()).toEqual(reply);
    expect(asked(vectorMove.start)).toEqual({ to: 'qdrant', pointsPerSecond: 500, minRecall: 0.9 });
    expect((await ask('POST', '/vectors/move', { to: 'qdrant' }, admin)).json()).toEqual(reply);
    expect(asked(vectorMove.start)).toEqual({ to: 'qdrant', minRecall: 0.99 });
    expect((await ask('POST', '/vectors/move', { to: '' }, admin)).statusCode).toBe(422);
    edge.rpc.fails(vectorMove.finish, new CallError('FAILED_PRECONDITION', 'No former store is kept.'));
    expect((await ask('POST', '/vectors/move/finish', {}, admin)).json()).toMatchObject({
      detail: 'No former store is kept.',
    });
  });

  it('moves the files to another store, and says why not', async () => {
    const to = { pass: 1, from: 'default', to: 'cloud', done: 1, total: 2, copied: 1, bytes: 9 };
    const order = { kind: 'move', to: 'cloud', paused: true, told: null, error: 'No.' } as const;
    const rest = { stores: ['default', 'cloud'], phase: 'copying' as const, active: 'default', other: 'cloud' };
    const status: BlobMoveStatus = {
      ...{ ...rest, commandRuns: false, compared: { samples: 2, equal: 2 } },
      order: { ...order, bytesPerS: 5, skipUnreadable: true, progress: { ...to, bytesPerS: 5 } },
    };
    for (const call of [blobMove.status, blobMove.start, blobMove.pause, blobMove.rollback])
      edge.rpc.on(call, () => status);
    const reply = {
      ...{ ...rest, command_runs: false, compared: { samples: 2, equal: 2 } },
      order: { ...order, bytes_per_second: 5, skip_unreadable: true, progress: { ...to, bytes_per_second: 5 } },
    };
    expect((await ask('GET', '/blobs/move', undefined, admin)).json()).toEqual(reply);
    const body = { to: 'cloud', bytes_per_second: 5, skip_unreadable: true };
    expect((await ask('POST', '/blobs/move', body, admin)).json()).toEqual(reply);
    expect(asked(blobMove.start)).toEqual({ to: 'cloud', bytesPerS: 5, skipUnreadable: true });
    expect((await ask('POST', '/blobs/move/pause', {}, admin)).json()).toEqual(reply);
    expect((await ask('POST', '/blobs/move/rollback', { without_copying: true }, admin)).json()).toEqual(reply);
    expect(asked(blobMove.rollback)).toEqual({ skipUnreadable: false, withoutCopying: true });
    expect((await ask('POST', '/blobs/move', { to: '' }, admin)).statusCode).toBe(422);
    edge.rpc.fails(blobMove.finish, new CallError('FAILED_PRECONDITION', 'The files are not moved yet.'));
    const refused = await ask('POST', '/blobs/move/finish', {}, admin);
    expect(refused.json()).toEqual({ detail: 'The files are not moved yet.', code: 'conflict' });
  });

  it.each<['GET' | 'POST', string]>([
    ['GET', '/config'],
    ['POST', '/config/update'],
    ['GET', '/embedding'],
    ['POST', '/embedding/update'],
    ['POST', '/delete'],
    ['POST', '/reset/db'],
    ['POST', '/reset/uploads'],
    ['GET', '/vectors/move'],
    ['POST', '/vectors/move'],
    ['POST', '/vectors/move/pause'],
    ['POST', '/vectors/move/cancel'],
    ['POST', '/vectors/move/finish'],
    ['GET', '/blobs/move'],
    ['POST', '/blobs/move'],
    ['POST', '/blobs/move/pause'],
    ['POST', '/blobs/move/rollback'],
    ['POST', '/blobs/move/finish'],
  ])('%s …%s is for administrators only', async (method, url) => {
    const reply = await ask(method, url, method === 'POST' ? {} : undefined);
    expect([reply.statusCode, reply.json()]).toMatchObject([403, { detail: 'Only an administrator may do this.' }]);
    expect(edge.rpc.commands).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['/config/update', { TOP_K: 0 }, 'TOP_K: too small: expected number to be >=1'],
    ['/config/update', { CHUNK_SIZE: 49 }, 'CHUNK_SIZE: too small: expected number to be >=50'],
    [
      '/config/update',
      { TEXT_SPLITTER: 'magic' },
      'TEXT_SPLITTER: invalid option: expected one of ""|"character"|"token"',
    ],
    [
      '/config/update',
      { ALLOWED_FILE_EXTENSIONS: ['a b'] },
      'ALLOWED_FILE_EXTENSIONS.0: must be file extensions such as "pdf"',
    ],
    [
      '/embedding/update',
      { RAG_EMBEDDING_ENGINE: 'azure_openai' },
      'RAG_EMBEDDING_ENGINE: invalid option: expected one of ""|"openai"|"ollama"',
    ],
    ['/embedding/update', { RAG_EMBEDDING_MODEL: '' }, 'RAG_EMBEDDING_MODEL: must name a model'],
    ['/query/doc', { collection_name: 'x', query: ' ' }, 'query: must not be empty'],
    ['/query/doc', { query: 'x' }, 'collection_name: is required'],
    ['/query/collection', { collection_names: [], query: 'x' }, 'collection_names: must name at least one collection'],
    ['/query/collection', { collection_names: ['x'], query: 'x', r: 2 }, 'r: too big: expected number to be <=1'],
    ['/process/text', { name: 'x' }, 'content: is required'],
    ['/process/file', {}, 'file_id: is required'],
    ['/delete', { file_id: 'x' }, 'collection_name: is required'],
  ])('POST …%s %o is 422 with a sentence', async (url, body, detail) => {
    const reply = await ask('POST', url, body, admin);
    expect([reply.statusCode, reply.json<{ detail: string }>().detail]).toEqual([422, detail]);
    expect(edge.rpc.commands).toEqual([]);
  });

  it('ingests no file of another user, and adds nothing to another user’s base', async () => {
    const [file_id, collection_name] = [randomUUID(), randomUUID()];
    const post = async (url: string, body: object) => {
      const reply = await ask('POST', url, body);
      return [reply.statusCode, reply.json<{ detail: string }>().detail];
    };
    const noFile = [404, 'There is no such file, or it is not yours.'];
    const noBase = [404, 'There is no such knowledge base.'];
    edge.rpc.fails(files.get, new CallError('NOT_FOUND', 'There is no such file.'));
    for (const body of [{ file_id }, { file_id, content: 'x' }, { file_id, collection_name }, { file_id: 'x' }])
      expect(await post('/process/file', body)).toEqual(noFile);
    expect(new Set(edge.rpc.commands)).toEqual(new Set([files.get.pattern]));
    edge.rpc.on(files.get, () => fileOf(file_id, 'a.md'));
    for (const call of [knowledge.addFiles, files.register])
      edge.rpc.fails(call, new CallError('NOT_FOUND', 'There is no such knowledge base.'));
    expect(await post('/process/file', { file_id, collection_name })).toEqual(noBase);
    expect(await post('/process/text', { name: 'a', content: 'x', collection_name })).toEqual(noBase);
    expect(await post('/process/text', { name: 'a', content: 'x', collection_name: 'notes' })).toEqual([
      404,
      'There is no such knowledge base, or it is not yours.',
    ]);
  });

  it('shows the page its limits of files, also after a change', async () => {
    let limits = { FILE_MAX_SIZE: 20 as number | null, FILE_MAX_COUNT: 5 as number | null };
    edge.rpc.on(users.status, () => ({ onboarding: false, signUpEnabled: false }));
    edge.rpc.on(retrievalSettings.get, () => ({ version: 3, settings: { ...settings, ...limits } }));
    await edge.notices.publish(RETRIEVAL_SETTINGS_CHANGED, { version: 3 });
    const page = async (as = headers) =>
      (await edge.app.inject({ method: 'GET', url: '/api/config', headers: as })).json<Record<string, unknown>>();
    const compression = { width: null, height: null };
    const shown = await page();
    expect(shown.file).toEqual({ max_size: 20, max_count: 5, image_compression: compression });
    expect(shown.permissions).toMatchObject({ workspace: { knowledge: true }, chat: { file_upload: true } });
    limits = { FILE_MAX_SIZE: null, FILE_MAX_COUNT: 9 };
    expect((await page()).file).toMatchObject({ max_size: 20 });
    await edge.notices.publish(RETRIEVAL_SETTINGS_CHANGED, { version: 4 });
    expect((await page()).file).toMatchObject({ max_size: null, max_count: 9 });
    edge.rpc.fails(retrievalSettings.get, new CallError('UNAVAILABLE', 'It is away.'));
    await edge.notices.publish(RETRIEVAL_SETTINGS_CHANGED, { version: 5 });
    expect((await page()).file).toMatchObject({ max_size: null, max_count: 9 });
  });
});
