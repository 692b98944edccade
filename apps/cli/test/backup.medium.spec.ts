import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { sessions } from '@perennial/contracts-auth';
import { chats, runs } from '@perennial/contracts-chat';
import { ANONYMOUS, type UserPrincipal } from '@perennial/contracts-kernel';
import { documents, files, toBlobKey } from '@perennial/contracts-retrieval';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { readEnv } from '@perennial/runtime';
import {
  freshDatabase,
  missingServer,
  pgvectorFiles,
  type PostgresServer,
  qdrantBinary,
  seaweedBinary,
  startPostgres,
  startProcess,
  startQdrant,
  startSeaweed,
  waitFor,
} from '@perennial/testing';
import { type Caller, startCaller } from '@perennial/testing-service';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLI_NAME } from '../src/postgres';
import { Installation } from './installation';

const MODEL = 'sim-t20-r300';
const PASSWORD = 'Passw0rd!x';
const TEXT = 'The oldest peony of the garden flowers in May. '.repeat(40);
const FILES = 12;

const pgvectorMissing = await missingServer('pgvector', () => pgvectorFiles());
const qdrantMissing = await missingServer('Qdrant', qdrantBinary);
const s3Missing = await missingServer('SeaweedFS', () => seaweedBinary());

/** Counts of all tables that hold what people made. */
const TABLES = ['auth.users', 'auth.user_settings', 'chat.chats', 'chat.messages', 'retrieval.files', 'retrieval.chunks', 'retrieval.placements', 'retrieval.embeddings_cache', 'config.connections', 'chat.storage_used']; // prettier-ignore

/**
 * Real: the built command line and services, two Postgres, Redis. From pgvector and a directory into Qdrant and S3, where these are on this
 * machine; otherwise from and into LanceDB and directories.
 */
describe('perennial backup and restore', () => {
  let simulator: Simulator;
  let postgres: PostgresServer | undefined;
  let from: Installation;
  let to: Installation;
  let caller: Caller;
  let person: UserPrincipal;
  let backups: string;
  const fileIds: string[] = [];
  const chatId = randomUUID();
  const stops: (() => Promise<unknown>)[] = [];

  const embedding = () => ({
    RAG_EMBEDDING_ENGINE: 'openai',
    RAG_EMBEDDING_MODEL: 'sim-embed-text5',
    RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
    OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
    RECONCILE_INTERVAL_SECONDS: '1',
  });

  beforeAll(async () => {
    simulator = await startSimulator({ models: [MODEL] });
    stops.push(() => simulator.close());
    backups = await mkdtemp(join(tmpdir(), 'perennial-backups-'));
    stops.push(() => rm(backups, { recursive: true, force: true }));
    let store: Record<string, string> = {};
    if (!pgvectorMissing) {
      postgres = await startPostgres({ pgvector: await pgvectorFiles() });
      stops.push(() => postgres!.stop());
      store = { VECTOR_DB: 'pgvector', DATABASE_URL: postgres.url };
    }
    from = await Installation.create({ ...embedding(), ...store });
    stops.push(() => from.stop());
    await from.start('auth', 'chat', 'config', 'retrieval');
    caller = await startCaller(from.env['REDIS_URL'] ?? '', from.env['REDIS_KEY_PREFIX'] ?? '');
    await fill();
  }, 240_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const openBlobs = (at: Installation): Promise<BlobStore> =>
    createBlobStore(readEnv(z.object(blobStoreEnv), at.env, { service: 'test' }));

  async function fill(): Promise<void> {
    await from.run(['user', 'create', '--first-admin', '--email', 'ann@example.com'], `${PASSWORD}\n`);
    const { users } = await from.json<{ users: { id: string }[] }>('user', 'list');
    person = { kind: 'user', userId: users[0]!.id, role: 'admin', sessionId: 's' };
    const blobs = await openBlobs(from);
    for (let at = 0; at < FILES; at += 1) fileIds.push(await addFile(blobs, at));
    await blobs.close();
    await waitFor(
      async () => {
        const { items } = await caller.rpc.call(files.statuses, { fileIds }, { principal: person });
        return items.every(({ state }) => state === 'completed');
      },
      { timeoutMs: 90_000, what: 'all files to be ingested' },
    );
    const blob = { title: 'Garden', history: { currentId: null, messages: {} } };
    const request = { chatId, chat: blob, createdAt: 1_700_000_000, updatedAt: 1_700_000_000 };
    await caller.rpc.call(chats.importChat, request, { principal: person });
    await ask(caller, 'When does the peony flower?');
  }

  async function addFile(blobs: BlobStore, at: number): Promise<string> {
    const fileId = randomUUID();
    const bytes = Buffer.from(`${at}: ${TEXT}`);
    const stored = await blobs.put(toBlobKey(fileId, '1'), Readable.from([bytes]), { maxBytes: bytes.length });
    const request = { fileId, name: `notes ${at}.txt`, contentType: 'text/plain', ...stored };
    await caller.rpc.call(files.register, request, { principal: person });
    return fileId;
  }

  /** A turn with a document. @returns the answer, with its sources */
  async function ask(by: Caller, content: string) {
    const answerId = randomUUID();
    const { current_message_id: parentId } = await by.rpc.call(chats.get, { chatId }, { principal: person });
    const document = { type: 'file', id: fileIds[0], name: 'notes' };
    const turn = {
      chatId,
      parentId,
      userMessage: { id: randomUUID(), content, models: [MODEL], files: [document] },
      answers: [{ messageId: answerId, modelId: MODEL }],
    };
    await by.rpc.call(runs.accept, turn, { principal: person });
    return waitFor(
      async () => {
        const { chat } = await by.rpc.call(chats.get, { chatId }, { principal: person });
        const answer = chat.history?.messages[answerId];
        return answer?.done === true ? answer : undefined;
      },
      { timeoutMs: 60_000, what: 'the answer' },
    );
  }

  async function readCounts(at: Installation): Promise<Record<string, number>> {
    const client = new pg.Client({ connectionString: at.env['DATABASE_URL'] });
    await client.connect();
    const counts: Record<string, number> = {};
    for (const table of TABLES)
      counts[table] = Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);
    await client.end();
    return counts;
  }

  it('is made while the services run, into an empty directory', async () => {
    const made = await from.json<{ rows: number; blobs: number; missingBlobs: string[] }>(
      'backup',
      join(backups, 'plain'),
    );
    expect(made).toMatchObject({ blobs: FILES, missingBlobs: [] });
    expect(made.rows).toBeGreaterThan(FILES);
    expect(await from.inside(['backup', join(backups, 'plain')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds a backup already') as string,
    });
    await writeFile(join(backups, 'notes.txt'), '');
    expect(await from.inside(['backup', backups])).toMatchObject({ code: 2 });
  }, 60_000);

  it('is recognised as unfinished when its process was killed, and can be made again', async () => {
    const directory = join(backups, 'killed');
    const making = startProcess({
      name: 'backup',
      command: process.execPath,
      args: [from.program, 'backup', directory],
      env: from.env,
    });
    await waitFor(async () => (await readdir(directory)).length > 0, {
      timeoutMs: 30_000,
      what: 'the backup to begin',
    });
    await making.kill();
    const refused = await from.inside(['restore', directory, '--verify']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('was not finished');
    expect(await from.inside(['backup', directory])).toMatchObject({ code: 0 });
  }, 60_000);

  // Three derivations of a key from a passphrase, of some seconds of CPU each.
  it('keeps no readable byte when it is encrypted, and opens only with its passphrase', async () => {
    const directory = join(backups, 'sealed');
    const phrase = join(backups, 'passphrase');
    await writeFile(phrase, 'a passphrase of some words\n');
    expect(await from.run(['backup', directory, '--passphrase-file', phrase])).toMatchObject({ code: 0 });
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect((await readFile(join(entry.parentPath, entry.name))).includes('peony')).toBe(false);
    }
    expect(await from.inside(['restore', directory, '--verify'])).toMatchObject({ code: 2 });
    expect(await from.inside(['restore', directory, '--verify', '--passphrase-file', phrase])).toMatchObject({
      code: 0,
    });
    const swapped = await from.inside(['restore', join(backups, 'plain'), '--verify', '--passphrase-file', phrase]);
    expect(swapped).toMatchObject({ code: 2, stderr: expect.stringContaining('is not encrypted') as string });
    await writeFile(phrase, 'another passphrase of words\n');
    const wrong = await from.inside(['restore', directory, '--verify', '--passphrase-file', phrase]);
    expect(wrong).toMatchObject({ code: 1, stderr: 'The passphrase does not open this backup.\n' });
  }, 120_000);

  it('is refused by a running system, also while Redis is away', async () => {
    const running = await from.inside(['restore', join(backups, 'plain'), '--force']);
    expect(running).toMatchObject({ code: 1, stdout: '' });
    expect(running.stderr).toMatch(/These processes still run: auth-1, chat-1.*, config-1/);
    // Services of any version, and while Redis is away: they have sessions in Postgres.
    const away = { REDIS_URL: 'redis://127.0.0.1:1' };
    const unseen = await from.inside(['restore', join(backups, 'plain'), '--force'], away);
    expect(unseen).toMatchObject({ code: 1, stdout: '' });
    expect(unseen.stderr).toMatch(/These processes still run: .*chat-1/);
  }, 60_000);

  it('comes back whole in another database, blob store and vector store: a chat opens its sources', async () => {
    const before = await readCounts(from);
    const earlier = await caller.rpc.call(chats.get, { chatId }, { principal: person });
    await caller.stop();
    to = await Installation.create({
      ...embedding(),
      DATABASE_URL: await freshDatabase('restored'),
      ...(await otherStores()),
    });
    stops.push(() => to.stop());
    const sealed = join(backups, 'sealed');
    await writeFile(join(backups, 'passphrase'), 'a passphrase of some words\n');
    const restore = ['restore', sealed, '--passphrase-file', join(backups, 'passphrase')];
    expect(await to.run(restore)).toMatchObject({ code: 0 });
    expect(await readCounts(to)).toEqual(before);
    // From here on without a passphrase, from which a key is derived for some seconds each time.
    const again = ['restore', join(backups, 'plain')];
    expect(await to.inside(again)).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') as string });
    // Killed in the middle: what was there is there, and the restore can be run again. It cannot end, because the old tables are being read.
    const reader = await connect(to);
    await reader.query('BEGIN; LOCK TABLE auth.users IN ACCESS SHARE MODE');
    const killed = startProcess({
      name: 'restore',
      command: process.execPath,
      args: [to.program, ...again, '--force'],
      env: to.env,
    });
    await waitFor(() => hasSchema(to, 'restoring_config'), { timeoutMs: 60_000, what: 'the restore to begin' });
    await killed.kill();
    await reader.end();
    const lock = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`;
    await waitFor(async () => !(await finds(to, lock)), { what: "the killed restore's session to end" });
    expect(await readCounts(to)).toEqual(before);
    expect(await to.run([...again, '--force'])).toMatchObject({ code: 0 });
    expect(await readCounts(to)).toEqual(before);
    expect(await hasSchema(to, 'restoring_config')).toBe(false);

    await to.start('auth', 'chat', 'config', 'retrieval');
    const there = await startCaller(to.env['REDIS_URL'] ?? '', to.env['REDIS_KEY_PREFIX'] ?? '');
    const signIn = { email: 'ann@example.com', password: PASSWORD, address: '203.0.113.1' };
    expect((await there.rpc.call(sessions.signIn, signIn, { principal: ANONYMOUS })).user.id).toBe(person.userId);
    expect(await there.rpc.call(chats.get, { chatId }, { principal: person })).toEqual(earlier);
    const blobs = await openBlobs(to);
    for (const fileId of fileIds) {
      const { blobKey, sha256 } = await there.rpc.call(files.locate, { fileId }, { principal: person });
      const bytes = await buffer((await blobs.get(blobKey)).stream);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    await blobs.close();
    await waitFor(
      async () => {
        const search = { queries: ['peony'], items: fileIds.map((id) => ({ type: 'file' as const, id })) };
        const found = await there.rpc.call(documents.search, search, { principal: person }).catch(() => undefined);
        return found !== undefined && found.sources.length > 0;
      },
      { timeoutMs: 90_000, what: 'the documents to be indexed again' },
    );
    const answer = await ask(there, 'And which one is the oldest?');
    expect(JSON.stringify(answer.sources)).toContain(fileIds[0]);
    await there.stop();
  }, 300_000);

  it('that was damaged is refused before anything is touched', async () => {
    const before = await readCounts(to);
    await to.endServices();
    await appendFile(join(backups, 'plain', 'database', 'chat.messages.copy.gz'), 'x');
    // Redis tells of killed processes for a moment.
    const refused = await waitFor(
      async () => {
        const result = await to.inside(['restore', join(backups, 'plain'), '--force']);
        return !result.stderr.includes('still run') && result;
      },
      { what: 'the killed services to be missed' },
    );
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('chat.messages.copy.gz of this backup is damaged');
    expect(await readCounts(to)).toEqual(before);
    const manifest = join(backups, 'killed', 'manifest.json');
    const newer = (await readFile(manifest, 'utf8')).replace('"ChatSchema1764000000000"', '"Later1999999999999"');
    await writeFile(manifest, newer);
    const later = await to.inside(['restore', join(backups, 'killed'), '--force']);
    expect(later.stderr).toContain('newer version');
    expect(await readCounts(to)).toEqual(before);
  }, 60_000);

  async function otherStores(): Promise<Record<string, string>> {
    const env: Record<string, string> = {};
    if (!qdrantMissing) {
      const qdrant = await startQdrant();
      stops.push(() => qdrant.stop());
      Object.assign(env, { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url });
    }
    if (!s3Missing) {
      const s3 = await startSeaweed();
      stops.push(() => s3.stop());
      Object.assign(env, {
        STORAGE_PROVIDER: 's3',
        S3_ENDPOINT_URL: s3.endpoint,
        S3_BUCKET_NAME: s3.bucket,
        S3_REGION_NAME: s3.region,
        S3_ACCESS_KEY_ID: s3.accessKeyId,
        S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
      });
    }
    return env;
  }

  const hasSchema = (at: Installation, name: string): Promise<boolean> =>
    finds(at, 'SELECT 1 FROM pg_namespace WHERE nspname = $1', [name]);

  /** Whether a statement finds a row. */
  async function finds(at: Installation, statement: string, values: string[] = []): Promise<boolean> {
    const client = await connect(at);
    const { rows } = await client.query(statement, values);
    await client.end();
    return rows.length > 0;
  }

  /** Under the name of the command line: any other session passes for a running service. */
  async function connect(at: Installation): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: at.env['DATABASE_URL'], application_name: CLI_NAME });
    await client.connect();
    return client;
  }
});
