import { randomUUID } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessions, users } from '@perennial/contracts-auth';
import { type Chat, chats, runs } from '@perennial/contracts-chat';
import { ANONYMOUS, type UserPrincipal } from '@perennial/contracts-kernel';
import { documents, files, knowledge } from '@perennial/contracts-retrieval';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { freshDatabase, startProcess, waitFor } from '@perennial/testing';
import { type Caller, startCaller } from '@perennial/testing-service';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR } from '../src/calls';
import { OpenWebUi } from '../src/open-webui/source';
import { Installation } from './installation';
import { fillPostgres, type Tables, tables, toEmail, toId, toPassword, writeUploads } from './open-webui/installation';

/** Characters of a chat's only message: one too large for a row, one for a message, and one more. */
const HUGE = [70_000_000, 8_500_000, 8_300_000];

const chatOf = (id: string, userId: string, chars = 1) => ({
  id,
  user_id: userId,
  title: 'x',
  chat: { history: { messages: { q1: { id: 'q1', role: 'user', content: 'x'.repeat(chars) } }, currentId: 'q1' } },
  created_at: 1,
  updated_at: 1,
});

type Counts = Record<string, { created: number; present: number; omitted: number }>;
interface Imported {
  counts: Counts;
  omissions: { kind: string; id: string; reason: string }[];
}

const MODEL = 'sim-t20-r300';

/** Real: the built command line and services, Postgres (ours and theirs), Redis, LanceDB; the provider is the simulator. */
describe('perennial import open-webui', () => {
  let here: Installation;
  let simulator: Simulator;
  let caller: Caller;
  let theirs: string;
  let uploads: string;
  /** The store of files of the placement "eu", which person 8 has before the import. */
  let placedFiles: string;
  let rows: Tables;
  let db: pg.Pool;

  beforeAll(async () => {
    simulator = await startSimulator({ models: [MODEL] });
    const eu = { blobs: { DATA_DIR: join(tmpdir(), `perennial-import-${randomUUID()}`) }, vectors: 'default' };
    placedFiles = eu.blobs.DATA_DIR;
    here = await Installation.create({
      PLACEMENTS: JSON.stringify({ eu: { ...eu, connections: [`${simulator.url}/v1`] } }),
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed-text5',
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
    });
    await here.start('auth', 'chat', 'config', 'retrieval');
    caller = await startCaller(here.env['REDIS_URL'] ?? '', here.env['REDIS_KEY_PREFIX'] ?? '');
    db = new pg.Pool({ connectionString: here.env['DATABASE_URL'], max: 2 });
    theirs = await freshDatabase('open_webui');
    rows = await tables({ providerUrl: simulator.url });
    await fillPostgres(theirs, '0.12.4', rows);
    uploads = join(here.dataDir, 'uploads-of-theirs');
    await writeUploads(uploads, rows);
    const account = { userId: person(8).userId, name: 'Eight', email: toEmail(8), role: 'user' as const };
    const passwordHash = `$2b$04$${'a'.repeat(53)}`;
    const times = { createdAt: 1, lastActiveAt: 1 };
    await caller.rpc.call(users.importAccount, { ...account, ...times, passwordHash }, { principal: OPERATOR });
    await db.query(`UPDATE auth.users SET placement = 'eu' WHERE id = $1`, [account.userId]);
  }, 180_000);
  afterAll(async () => {
    await db.end();
    await caller.stop();
    await here.stop();
    await simulator.close();
    await rm(placedFiles, { recursive: true, force: true });
  });

  const count = async (table: string): Promise<number> =>
    Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);
  const person = (at: number): UserPrincipal => ({
    kind: 'user',
    userId: toId('person', at),
    role: 'user',
    sessionId: 's',
  });
  const command = (): string[] => ['import', 'open-webui', theirs, '--uploads', uploads];

  it('goes on where it was killed, and brings everybody, every chat with its branches, and every file', async () => {
    const first = startProcess({
      name: 'import',
      command: process.execPath,
      args: [here.program, ...command()],
      env: here.env,
    });
    await waitFor(async () => (await count('chat.chats')) > 50, {
      timeoutMs: 90_000,
      what: 'some chats to be imported',
    });
    await first.kill();
    const { counts, omissions } = await here.json<Imported>(...command(), '--settings');
    expect(omissions).toHaveLength(5);
    expect(omissions).toContainEqual(expect.objectContaining({ kind: 'settings', id: 'rag.embedding_model' }));
    const settings = await db.query<{ data: object }>('SELECT data FROM retrieval.settings');
    expect(settings.rows[0]?.data).toMatchObject({
      retrieval: {
        ...{ TOP_K: 5, TOP_K_RERANKER: 2, RAG_RERANKING_ENGINE: 'external', RAG_EXTERNAL_RERANKER_TIMEOUT: '5' },
        ...{ RAG_EXTERNAL_RERANKER_URL: 'http://reranker.example/v1/rerank', RAG_RERANKING_BATCH_SIZE: 32 },
        ...{ AUDIO_STT_OPENAI_API_BASE_URL: 'http://speech.example/v1', AUDIO_STT_MODEL: 'whisper-1' },
        rerankerKey: expect.not.stringContaining('sk-of'),
      },
    });
    // Four files of the person with a placement are in a base of somebody without one.
    const elsewhere = expect.stringContaining('the placement "eu"') as string;
    expect(omissions).toContainEqual({ kind: 'knowledge', id: toId('base', 3), reason: elsewhere });
    for (const [kind, all] of [
      ['people', 100],
      ['chats', 1_000],
      ['files', 50],
      ['knowledge', 5],
    ] as const)
      expect((counts[kind]?.created ?? 0) + (counts[kind]?.present ?? 0)).toBe(all);
    // What the first run has brought is found, and not brought twice.
    expect(counts['chats']?.present).toBeGreaterThan(50);
    expect(counts['people']).toMatchObject({ created: 0, present: 100 });
    expect(await Promise.all(['auth.users', 'chat.chats', 'chat.messages', 'retrieval.files'].map(count))).toEqual([
      100, 1_000, 4_000, 50,
    ]);
  }, 240_000);

  it('stores the files of a person with a placement there, and nobody else’s', async () => {
    const { rows: stored } = await db.query<{ userId: string; blobKey: string; residence: string | null }>(
      `SELECT user_id AS "userId", blob_key AS "blobKey", residence FROM retrieval.files`,
    );
    const placed = stored.filter(({ userId }) => userId === person(8).userId);
    expect(placed).toHaveLength(5);
    expect(stored.filter(({ residence }) => residence === 'eu')).toEqual(placed);
    for (const { blobKey } of placed) await access(join(placedFiles, 'blobs', `${blobKey}.blob`));
  });

  it('keeps times, tags, pins and branches of a chat', async () => {
    const { chat, ...rest } = await caller.rpc.call(
      chats.get,
      { chatId: toId('chat', 420) },
      { principal: person(42) },
    );
    expect(rest).toMatchObject({
      title: 'Chat 0 of 42',
      created_at: 1_700_000_000,
      updated_at: 1_700_000_010,
      pinned: true,
      meta: { tags: ['garden'] },
      current_message_id: 'q2',
    });
    expect(chat.history?.messages['q1']?.childrenIds).toEqual(['a1', 'a2']);
    expect(chat.history?.messages['q2']).toMatchObject({ parentId: 'a2', content: 'And then?' });
  });

  it('lets a person sign in with the old password, and a chat go on', async () => {
    const signIn = { email: toEmail(7), password: toPassword(7), address: '203.0.113.1' };
    const { user } = await caller.rpc.call(sessions.signIn, signIn, { principal: ANONYMOUS });
    expect(user).toMatchObject({ id: toId('person', 7), name: 'Person 7', role: 'user' });
    const hash = await db.query<{ hash: string }>('SELECT password_hash AS hash FROM auth.users WHERE id = $1', [
      user.id,
    ]);
    expect(hash.rows[0]?.hash).toMatch(/^\$argon2id\$/);
    const chatId = toId('chat', 71);
    const messageId = randomUUID();
    const turn = { chatId, parentId: 'q2', answers: [{ messageId, modelId: MODEL }] };
    await caller.rpc.call(runs.accept, turn, { principal: person(7) });
    const answer = await waitFor(
      async () => {
        const { chat } = await caller.rpc.call(chats.get, { chatId }, { principal: person(7) });
        const message = chat.history?.messages[messageId];
        return message?.done === true ? message : undefined;
      },
      { timeoutMs: 30_000, what: 'the answer' },
    );
    expect(answer).toMatchObject({ parentId: 'q2', role: 'assistant' });
    expect(answer.error).toBeUndefined();
  }, 60_000);

  it('makes files searchable in their bases, under their ids', async () => {
    const principal = person(1);
    await waitFor(
      async () => Number((await db.query(`SELECT 1 FROM retrieval.files WHERE state <> 'completed'`)).rowCount) === 0,
      { timeoutMs: 90_000, what: 'all files to be ingested' },
    );
    const { items } = await caller.rpc.call(knowledge.list, {}, { principal });
    expect(items).toEqual([expect.objectContaining({ id: toId('base', 1), name: 'Base 1', file_count: 8 })]);
    const stored = await caller.rpc.call(files.get, { fileId: toId('file', 1) }, { principal });
    expect(stored).toMatchObject({ filename: 'notes 1.txt', meta: { content_type: 'text/plain' } });
    const search = { queries: ['flowers in May'], items: [{ type: 'collection' as const, id: toId('base', 1) }] };
    const { sources } = await caller.rpc.call(documents.search, search, { principal });
    expect(sources.length).toBeGreaterThan(0);
  }, 120_000);

  it('is all exported again for one person', async () => {
    const directory = join(here.dataDir, 'of-person-1');
    const exported = await here.json('export', directory, '--email', toEmail(1));
    expect(exported).toEqual({ chats: 10, files: 5, knowledge: 1, missingFiles: [] });
    const chat = JSON.parse(await readFile(join(directory, 'chats', `${toId('chat', 10)}.json`), 'utf8')) as Chat;
    expect(Object.keys(chat.chat.history?.messages ?? {}).sort()).toEqual(['a1', 'a2', 'q1', 'q2']);
    const bytes = await readFile(join(directory, 'files', `${toId('file', 1)}-notes_1.txt`), 'utf8');
    expect(bytes).toContain('flowers in May');
    expect(await here.inside(['export', directory, '--email', toEmail(1)])).toMatchObject({ code: 2 });
    expect(await here.inside(['export', `${directory}-2`, '--email', 'nobody@example.com'])).toMatchObject({ code: 1 });
  }, 60_000);

  it('says what could not come', async () => {
    const extra: Tables = {
      user: [
        {
          id: 'not-a-uuid',
          email: 'odd@example.com',
          name: 'Odd',
          role: 'user',
          created_at: 1,
          updated_at: 1,
          last_active_at: 1,
        },
        {
          id: randomUUID(),
          email: 'no address',
          name: 'No',
          role: 'user',
          created_at: 1,
          updated_at: 1,
          last_active_at: 1,
        },
      ],
      chat: [chatOf('chat-of-nobody', 'nobody'), ...HUGE.map((chars, at) => chatOf(`huge-${at}`, 'not-a-uuid', chars))],
      file: [
        { id: 'lost', user_id: 'not-a-uuid', filename: 'lost.txt', path: '/x/lost.txt', created_at: 1, updated_at: 1 },
      ],
    };
    const other = await freshDatabase('open_webui_odd');
    await fillPostgres(other, '0.11.4', extra);
    const { counts, omissions } = await here.json<Imported>('import', 'open-webui', other, '--uploads', uploads);
    expect(counts['people']).toEqual({ created: 1, present: 0, omitted: 1 });
    expect(omissions.map(({ kind, id, reason }) => [kind, id, reason])).toEqual(
      expect.arrayContaining([
        ['people', 'not-a-uuid', 'has no password that can be taken over; set one with user reset-password'],
        ['chats', 'chat-of-nobody', 'its owner was not imported'],
        ['chats', 'huge-0', 'it has 67 MB, and no more than 64 MB can be read'],
        ['chats', 'huge-1', 'its message q1 is too long, and was replaced'],
        ['files', 'lost', expect.stringContaining('its bytes are not in') as string],
      ]),
    );
    // A page of rows is bounded in bytes, not in rows.
    const source = await OpenWebUi.open(other);
    const pages: unknown[][] = [];
    for await (const page of source.pages('chat', () => undefined)) pages.push(page.map(({ id }) => id));
    await source.close();
    expect(pages).toEqual([['chat-of-nobody'], ['huge-1'], ['huge-2']]);
    const { users: found } = await here.json<{ users: { email: string }[] }>('user', 'list', '--query', 'odd@');
    expect(found).toHaveLength(1);
  }, 60_000);

  it('touches no file of another account that has the same id', async () => {
    const principal = person(1);
    const fileId = toId('file', 1);
    const { blobKey, sha256 } = await caller.rpc.call(files.locate, { fileId }, { principal });
    const other = await freshDatabase('open_webui_moved');
    const moved = rows['file']
      ?.filter(({ id }) => id === fileId)
      .map((file) => ({ ...file, user_id: toId('person', 2) }));
    await fillPostgres(other, '0.12.4', { user: rows['user'] ?? [], auth: rows['auth'] ?? [], file: moved ?? [] });
    const { omissions } = await here.json<Imported>('import', 'open-webui', other, '--uploads', uploads);
    expect(omissions).toEqual([
      { kind: 'files', id: fileId, reason: 'its id is that of a file of another account here' },
    ]);
    const directory = join(here.dataDir, 'after-all');
    expect(await here.json('export', directory, '--email', toEmail(1))).toMatchObject({ files: 5, missingFiles: [] });
    expect(await caller.rpc.call(files.locate, { fileId }, { principal })).toMatchObject({ blobKey, sha256 });
  }, 60_000);

  it('refuses what is not a database of that product', async () => {
    const nothing = await here.inside(['import', 'open-webui', here.env['DATABASE_URL'] ?? '']);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('not a database of Open WebUI');
    expect(await here.inside(['import', 'open-webui', '/nowhere/webui.db'])).toMatchObject({ code: 2 });
  });
});
