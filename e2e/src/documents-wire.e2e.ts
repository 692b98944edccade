import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SocketEvent } from '@perennial/contracts-gateway';
import type { FileReply, KnowledgeBase, Message } from '@perennial/contracts-wire';
import type { RunningSystem } from '@perennial/launcher';
import { readDataPage } from '@perennial/testing';
import { factOf, judgedDocument } from '@perennial/testing/documents';
import { Redis } from 'ioredis';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, addUsers, signUpAdmin } from './support/accounts';
import { doneAnswer } from './support/answers';
import { type DocumentsSystem, launchDocumentsSystem } from './support/documents-system';
import { http } from './support/http';
import { QUOTING_MODEL } from './support/quoting-model';
import { newTurn, sendTurn } from './support/turn';

/** Time for an ingestion on a busy machine. */
const READ_MS = 60_000;

/** Documents on the wire, as an existing client and an SDK see them. Real: everything but the models; PgBouncer in transaction mode before Postgres. */
describe('documents on the wire', () => {
  let documents: DocumentsSystem;
  let system: RunningSystem;
  let admin: Account;
  let user: Account;
  let other: Account;
  beforeAll(async () => {
    documents = await launchDocumentsSystem({ pooled: true });
    ({ system } = documents);
    admin = await signUpAdmin(system.baseUrl);
    [user, other] = (await addUsers(system.baseUrl, admin, 2)) as [Account, Account];
  });
  afterAll(() => documents?.stop());

  const call = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, as = user) => {
    const reply = await http<T>(method, system.baseUrl + path, { token: as.token, body });
    return { status: reply.status, body: reply.body };
  };

  async function upload(name: string, text: BlobPart, metadata?: object): Promise<FileReply> {
    const form = new FormData();
    if (metadata) form.set('metadata', JSON.stringify(metadata));
    form.set('file', new Blob([text], { type: 'text/plain' }), name);
    const reply = await fetch(`${system.baseUrl}/api/v1/files/?process=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}` },
      body: form,
    });
    expect(reply.status).toBe(200);
    return (await reply.json()) as FileReply;
  }

  /** The states in its stream, until it ends. */
  async function states(fileId: string): Promise<string[]> {
    const reply = await fetch(`${system.baseUrl}/api/v1/files/${fileId}/process/status?stream=true`, {
      headers: { authorization: `Bearer ${user.token}` },
      signal: AbortSignal.timeout(READ_MS),
    });
    const events = (await reply.text()).split('\n\n').filter((event) => event.startsWith('data: '));
    return events.map((event) => (JSON.parse(event.slice(6)) as { status: string }).status);
  }

  const fact = factOf(7);

  it(
    'the built service recognises text in a picture, and cites a page by its own label',
    async () => {
      const found = async (name: string, query: string) => {
        const file = await upload(name, await readFile(judgedDocument(name)));
        expect((await states(file.id)).at(-1)).toBe('completed');
        const reply = await call<{ documents: string[][]; metadatas: object[][] }>(
          'POST',
          '/api/v1/retrieval/query/doc',
          {
            collection_name: `file-${file.id}`,
            query,
            k: 1,
          },
        );
        return { text: reply.body.documents[0]?.[0], metadata: reply.body.metadatas[0]?.[0] };
      };
      expect((await found('ferry.jpg', 'First boat from Balmaha')).text).toContain('9:20');
      expect((await found('sicherheit.pdf', 'Vorwort Dieses Handbuch ersetzt die Ausgabe')).metadata).toMatchObject({
        page: 1,
        page_label: 'ii',
      });
    },
    2 * READ_MS,
  );

  it(
    'a file is uploaded, followed, cited in an answer with its sources, and not found after its deletion',
    async () => {
      const file = await upload('note.txt', `Nothing else. ${fact.sentence} And that is all.`);
      expect(file).toMatchObject({ filename: 'note.txt', status: true, meta: { content_type: 'text/plain' } });
      expect((await states(file.id)).at(-1)).toBe('completed');
      expect((await call('GET', `/api/v1/files/${file.id}/data/content`)).body).toMatchObject({
        content: expect.stringContaining(fact.sentence) as string,
      });
      const query = { collection_name: `file-${file.id}`, query: fact.question, k: 1 };
      const hits = await call<{ documents: string[][] }>('POST', '/api/v1/retrieval/query/doc', query);
      expect(hits.body.documents[0]?.[0]).toContain(fact.sentence);

      const events: SocketEvent[] = [];
      const socket: Socket = io(system.baseUrl, {
        path: '/ws/socket.io',
        transports: ['websocket'],
        auth: { token: user.token },
      });
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      socket.on('events', (event: SocketEvent) => events.push(event));
      const turn = newTurn(QUOTING_MODEL, fact.question, socket.id ?? '');
      const attached = { type: 'file', id: file.id, name: file.filename, file, status: 'uploaded', url: file.id };
      Object.assign(turn.user_message ?? {}, { files: [attached] });
      const sent = await sendTurn(system.baseUrl, user, turn);
      const answer: Message = await doneAnswer(system.baseUrl, user, sent);
      socket.close();
      expect(answer.content).toContain(`${fact.sentence} [1]`);
      expect(answer.sources).toMatchObject([
        { source: { id: file.id, name: 'note.txt' }, metadata: [{ file_id: file.id, name: 'note.txt' }] },
      ]);
      expect(answer.statusHistory).toMatchObject([
        { action: 'queries_generated' },
        { action: 'sources_retrieved', count: 1, done: true },
      ]);
      const told = events.filter(({ message_id }) => message_id === sent.messageId).map(({ data }) => data);
      expect(told.filter(({ type }) => type === 'status')).toHaveLength(2);
      const first = told.findIndex(({ type, data }) => type === 'chat:completion' && 'sources' in (data as object));
      const words = told.findIndex(({ type }) => type === 'response:completion');
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first).toBeLessThan(words);

      expect((await call('DELETE', `/api/v1/files/${file.id}`)).status).toBe(200);
      expect((await call('GET', `/api/v1/files/${file.id}`)).status).toBe(404);
      expect((await call('POST', '/api/v1/retrieval/query/doc', query)).status).toBe(404);
      // The chat outlives its file: the next answer is given without it.
      const next = newTurn(QUOTING_MODEL, fact.question, 'sdk');
      Object.assign(next, { chat_id: sent.chatId, parent_id: sent.messageId });
      Object.assign(next.user_message ?? {}, { parentId: sent.messageId });
      const later = await doneAnswer(system.baseUrl, user, await sendTurn(system.baseUrl, user, next));
      expect(later.content).toContain('No document was given to me.');
      expect(later.sources).toBeUndefined();
    },
    READ_MS * 2,
  );

  it(
    'a base accepts files, answers an SDK with its sources first, and is hidden from other users',
    async () => {
      const made = await call<KnowledgeBase>('POST', '/api/v1/knowledge/create', { name: 'Facts', description: '' });
      const base = made.body.id;
      const placed = await upload('placed.md', `# One\n\n${fact.sentence}`, { knowledge_id: base });
      const added = await upload('added.md', `# Two\n\n${factOf(8).sentence}`);
      for (const { id } of [placed, added]) expect((await states(id)).at(-1)).toBe('completed');
      expect((await call('POST', `/api/v1/knowledge/${base}/file/add`, { file_id: added.id })).status).toBe(200);
      await expect
        .poll(async () => (await call<unknown[]>('GET', `/api/v1/knowledge/${base}/files/pending`)).body, {
          timeout: READ_MS,
        })
        .toEqual([]);
      const list = await call<{ items: { id: string }[]; total: number }>('GET', `/api/v1/knowledge/${base}/files`);
      expect(list.body.total).toBe(2);
      expect(list.body.items.map(({ id }) => id).sort()).toEqual([placed.id, added.id].sort());
      const bases = await call<{ items: object[] }>('GET', '/api/v1/knowledge/search?query=fact');
      expect(bases.body.items).toMatchObject([{ id: base, file_count: 2, write_access: true, user: { id: user.id } }]);

      const ask = { model: QUOTING_MODEL, messages: [{ role: 'user', content: fact.question }] };
      const files = [{ type: 'collection', id: base }];
      const streamed = await fetch(`${system.baseUrl}/api/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...ask, files, stream: true }),
      });
      const frames = (await streamed.text()).split('\n\n').filter((frame) => frame.startsWith('data: '));
      expect(JSON.parse(frames[0]!.slice(6))).toMatchObject({
        sources: [{ source: { type: 'collection', id: base } }],
      });
      expect(frames.at(-1)).toBe('data: [DONE]');
      const whole = await call<{ sources: object[]; choices: { message: { content: string } }[] }>(
        'POST',
        '/api/chat/completions',
        { ...ask, files },
      );
      expect(whole.body.sources).toMatchObject([{ source: { id: base, name: 'Facts' } }]);
      expect(whole.body.choices[0]?.message.content).toContain(fact.sentence);
      expect((await call<object>('POST', '/api/chat/completions', ask)).body).not.toHaveProperty('sources');

      for (const path of [`knowledge/${base}`, `files/${placed.id}`, `files/${placed.id}/data/content`])
        expect((await call('GET', `/api/v1/${path}`, undefined, other)).status).toBe(404);
      for (const item of [files[0], { type: 'file', id: placed.id }, { type: 'file', id: randomUUID() }])
        expect((await call('POST', '/api/chat/completions', { ...ask, files: [item] }, other)).status).toBe(404);
      const collections = { collection_names: [base], query: fact.question };
      expect((await call('POST', '/api/v1/retrieval/query/collection', collections, other)).status).toBe(404);

      const removed = { file_id: placed.id };
      expect((await call('POST', `/api/v1/knowledge/${base}/file/remove`, removed)).status).toBe(200);
      expect((await call('GET', `/api/v1/files/${placed.id}`)).status).toBe(404);
      expect((await call('DELETE', `/api/v1/knowledge/${base}/delete`)).body).toBe(true);
      expect((await call('GET', `/api/v1/knowledge/${base}`)).status).toBe(404);
    },
    READ_MS * 2,
  );

  it('an administrator sees and changes the document settings, and the page gets the limits', async () => {
    expect((await call('GET', '/api/v1/retrieval/config')).status).toBe(403);
    const config = await call('GET', '/api/v1/retrieval/config', undefined, admin);
    expect(config.body).toMatchObject({ status: true, TOP_K: 3, CHUNK_SIZE: 1000, CONTENT_EXTRACTION_ENGINE: '' });
    const change = { FILE_MAX_SIZE: 7, FILE_MAX_COUNT: 2 };
    expect((await call('POST', '/api/v1/retrieval/config/update', change, admin)).body).toMatchObject(change);
    expect((await call('GET', '/api/config')).body).toMatchObject({ file: { max_size: 7, max_count: 2 } });
    const embedding = await call('GET', '/api/v1/retrieval/embedding', undefined, admin);
    expect(embedding.body).toMatchObject({
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed',
      index: { active: { model: 'sim-embed' }, building: null },
    });
    expect(JSON.stringify(embedding.body)).not.toContain('simulated');
    const back = { FILE_MAX_SIZE: null, FILE_MAX_COUNT: null };
    expect((await call('POST', '/api/v1/retrieval/config/update', back, admin)).body).toMatchObject(back);
  });

  it('leaves no key in Redis that the page about data does not name', async () => {
    const redis = new Redis(system.redisUrl);
    const keys: string[] = [];
    for await (const page of redis.scanStream({ count: 1_000 })) keys.push(...(page as string[]));
    redis.disconnect();
    // Of calls, of answers, of the queues and of the limits: otherwise it saw nothing.
    for (const kind of ['rpc', 'run', 'bull', 'limit'])
      expect(keys).toContainEqual(expect.stringMatching(`^perennial:${kind}:`));
    expect((await readDataPage()).unnamedKeys(keys, 'perennial')).toEqual([]);
  });
});
