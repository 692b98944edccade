import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ADD_KNOWLEDGE_FILES,
  COUNT_FILES,
  CREATE_KNOWLEDGE,
  DELETE_ALL_FILES,
  DELETE_FILE,
  DELETE_KNOWLEDGE,
  DELETE_USER_DOCUMENTS,
  FILE_STATUSES,
  FILE_TEXT,
  GET_FILE,
  GET_KNOWLEDGE,
  LIST_FILES,
  LIST_KNOWLEDGE,
  LIST_KNOWLEDGE_FILES,
  LOCATE_FILE,
  PENDING_KNOWLEDGE_FILES,
  REGISTER_FILE,
  REINDEX_KNOWLEDGE,
  REMOVE_KNOWLEDGE_FILE,
  RENAME_FILE,
  REPLACE_FILE,
  RESET_KNOWLEDGE,
  RETRY_FILE,
  SEARCH_FILES,
  SEARCH_KNOWLEDGE,
  SEARCH_KNOWLEDGE_FILES,
  UPDATE_KNOWLEDGE,
  UPDATE_KNOWLEDGE_FILE,
  type StoredFile,
  type TextCursor,
} from '@perennial/contracts-retrieval';
import { ANONYMOUS, type Call, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { startCaller, startReplica, type Caller, type Replica } from '@perennial/testing-service';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrievalEnv } from '../env';
import { RetrievalModule } from '../retrieval.module';

const service = { name: 'retrieval', env: retrievalEnv, module: RetrievalModule.forRoot };
const person = (role: UserPrincipal['role'] = 'user'): UserPrincipal => ({
  kind: 'user',
  userId: randomUUID(),
  role,
  sessionId: 's',
});

/** Real: Postgres, Redis, the transport, two replicas that answer calls. There is no worker, so nothing is ingested. */
describe('files and bases', () => {
  let replicas: Replica[];
  let caller: Caller;
  let db: Client;
  let dataDir: string;
  const owner = person();

  beforeAll(async () => {
    const databaseUrl = await freshDatabase('retrieval_files');
    const prefix = freshPrefix('retrieval-files');
    dataDir = await mkdtemp(join(tmpdir(), 'perennial-files-'));
    const source = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      SECRET_KEY: 'the secret of the file tests',
      DATA_DIR: dataDir,
      RETRIEVAL_ROLE: 'api',
      MAX_FILES_PER_USER: '40',
      MAX_FILES_PER_BASE: '10',
      MAX_BASES_PER_USER: '8',
      MAX_FILE_BYTES_PER_USER: '2500000',
      RAG_ALLOWED_FILE_EXTENSIONS: 'txt,md',
      RAG_FILE_MAX_SIZE: '1',
    };
    replicas = await Promise.all([1, 2].map(() => startReplica(service, source)));
    caller = await startCaller(redisUrl(), prefix);
    db = new Client({ connectionString: databaseUrl, options: '-c search_path=retrieval' });
    await db.connect();
  });
  afterAll(async () => {
    await caller?.stop();
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await db?.end();
    await rm(dataDir, { recursive: true, force: true });
  });

  const request = (content: string, more: object = {}) => ({
    fileId: randomUUID(),
    name: 'notes.txt',
    contentType: 'text/plain',
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    ...more,
  });
  const register = (principal: Principal, content: string = randomUUID(), more: object = {}): Promise<StoredFile> =>
    caller.rpc.call(REGISTER_FILE, request(content, more), { principal });
  const base = async (principal: Principal): Promise<string> =>
    (await caller.rpc.call(CREATE_KNOWLEDGE, { name: 'Base' }, { principal })).id;
  /** As if a worker had been there. */
  const complete = (fileId: string) =>
    db.query(`UPDATE files SET state = 'completed', live_generation = generation, chunk_count = 0 WHERE id = $1`, [
      fileId,
    ]);

  it('a file is its row, its placement and its place in the queue', async () => {
    const file = await register(owner, 'one', { metadata: { note: 'kept' } });
    expect(file).toMatchObject({
      user_id: owner.userId,
      filename: 'notes.txt',
      hash: null,
      data: { status: 'pending', error: null },
      meta: { name: 'notes.txt', size: 3, data: { note: 'kept' }, collection_name: `file-${file.id}` },
    });
    const { rows } = await db.query(
      'SELECT scope, queued_at IS NOT NULL AS queued FROM files JOIN placements ON file_id = id WHERE id = $1',
      [file.id],
    );
    expect(rows).toEqual([{ scope: file.id, queued: true }]);
    expect(await caller.rpc.call(LOCATE_FILE, { fileId: file.id }, { principal: owner })).toMatchObject({
      blobKey: `files/${file.id}/1`,
      size: 3,
    });
  });

  it('registered twice, also at once, it is one; another file under its id is refused', async () => {
    const what = request('twice', { knowledgeId: await base(owner) });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => caller.rpc.call(REGISTER_FILE, what, { principal: owner })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await expect(
      caller.rpc.call(REGISTER_FILE, { ...what, sha256: 'a'.repeat(64) }, { principal: owner }),
    ).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(caller.rpc.call(REGISTER_FILE, what, { principal: person() })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });

  it('the same bytes are in a base once, also when they come at once', async () => {
    const knowledgeId = await base(owner);
    const settled = await Promise.allSettled(
      Array.from({ length: 6 }, () => register(owner, 'the same bytes', { knowledgeId })),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of settled.filter((result) => result.status === 'rejected'))
      expect(one.reason).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^Duplicate content detected/),
      });
    const alone = await register(owner, 'the same bytes');
    await expect(
      caller.rpc.call(ADD_KNOWLEDGE_FILES, { knowledgeId, fileIds: [alone.id] }, { principal: owner }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { file_count: count } = await caller.rpc.call(GET_KNOWLEDGE, { knowledgeId }, { principal: owner });
    expect(count).toBe(1);
  });

  it('many uploads into one base at once wait for each other, not in a circle', async () => {
    const user = person();
    const knowledgeId = await base(user);
    await Promise.all(Array.from({ length: 10 }, () => register(user, randomUUID(), { knowledgeId })));
    await expect(register(user, 'one too many', { knowledgeId })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('limits on number, size and kind are told', async () => {
    const user = person();
    await expect(register(user, 'x', { size: 2 ** 20 + 1 })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(register(user, 'x', { name: 'setup.exe' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Files of this kind are not allowed. Allowed are: txt, md.',
    });
    for (let n = 0; n < 40; n += 1) await register(user);
    await expect(register(user)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (let n = 0; n < 8; n += 1) await base(user);
    await expect(base(user)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('what a user may store is bounded: files, their text and bases; the refusal says what is used', async () => {
    const user = person();
    const size = 2 ** 20;
    const first = await register(user, randomUUID(), { size });
    await db.query('UPDATE files SET text_size = 300000 WHERE id = $1', [first.id]);
    await register(user, randomUUID(), { size });
    const refusal = { code: 'PAYLOAD_TOO_LARGE', details: { limit: 2_500_000 } };
    await expect(register(user, randomUUID(), { size })).rejects.toMatchObject({
      ...refusal,
      details: { used: 3 * size + 300_000, limit: 2_500_000 },
      message: 'Your documents take 4 MB of the 2 MB allowed. Delete some files and try again.',
    });
    const replace = (bytes: number) => {
      const blobKey = `files/${first.id}/${randomUUID()}`;
      const content = { fileId: first.id, blobKey, contentType: 'text/plain', size: bytes, sha256: 'a'.repeat(64) };
      return caller.rpc.call(REPLACE_FILE, content, { principal: user });
    };
    await expect(replace(2_000_000)).rejects.toMatchObject(refusal);
    await replace(1_445_000);
    await expect(
      caller.rpc.call(CREATE_KNOWLEDGE, { name: 'Base', description: 'd'.repeat(9_000) }, { principal: user }),
    ).rejects.toMatchObject(refusal);
    // Somebody else has a storage of their own.
    await register(person(), randomUUID(), { size });
  });

  it('limits on number hold also for those that come at once, at any replica', async () => {
    const user = person();
    const fits = async (works: Promise<unknown>[]) => {
      const settled = await Promise.allSettled(works);
      for (const one of settled)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'RATE_LIMITED' });
      return settled.filter(({ status }) => status === 'fulfilled').length;
    };
    expect(await fits(Array.from({ length: 60 }, () => register(user)))).toBe(40);
    expect(await fits(Array.from({ length: 20 }, () => base(user)))).toBe(8);
  });

  it('lists, counts, finds and renames one’s own', async () => {
    const user = person();
    for (const name of ['Alpha report.txt', 'beta_report.md', 'gamma.txt']) await register(user, name, { name });
    const principal = user;
    expect(await caller.rpc.call(COUNT_FILES, {}, { principal })).toEqual({ count: 3 });
    const { items, total } = await caller.rpc.call(LIST_FILES, { limit: 2 }, { principal });
    expect([items.map((file) => file.filename), total]).toEqual([['gamma.txt', 'beta_report.md'], 3]);
    const found = async (filename: string) =>
      (await caller.rpc.call(SEARCH_FILES, { filename }, { principal })).items.map((file) => file.filename).sort();
    expect(await found('*REPORT*')).toEqual(['Alpha report.txt', 'beta_report.md']);
    expect(await found('beta?report.md')).toEqual(['beta_report.md']);
    expect(await found('gamm_.txt')).toEqual([]);
    const [first] = items;
    await caller.rpc.call(RENAME_FILE, { fileId: first!.id, name: 'delta.txt' }, { principal });
    expect(await found('delta*')).toEqual(['delta.txt']);
    // As macOS sends it; it is shown as it was given.
    await register(principal, 'decomposed', { name: 'U\u0308bersicht.txt' });
    expect(await found('\u00dcbersicht*')).toEqual(['U\u0308bersicht.txt']);
  });

  it('a replacement is a new generation; the same one twice is one', async () => {
    const file = await register(owner);
    await complete(file.id);
    const content = {
      blobKey: `files/${file.id}/${randomUUID()}`,
      contentType: 'text/plain',
      size: 5,
      sha256: 'b'.repeat(64),
    };
    const replace = () => caller.rpc.call(REPLACE_FILE, { fileId: file.id, ...content }, { principal: owner });
    await replace();
    await replace();
    const { rows } = await db.query('SELECT generation, live_generation, state FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 2, live_generation: 1, state: 'pending' }]);
    const elsewhere = { fileId: file.id, ...content, blobKey: `files/${randomUUID()}/1` };
    await expect(caller.rpc.call(REPLACE_FILE, elsewhere, { principal: owner })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
  });

  it('a replacement that is delivered once more after a newer one does not undo it', async () => {
    const file = await register(owner);
    const replace = (key: string) => {
      const blobKey = `files/${file.id}/${key}`;
      const content = { blobKey, contentType: 'text/plain', size: 5, sha256: 'c'.repeat(64) };
      return caller.rpc.call(REPLACE_FILE, { fileId: file.id, ...content }, { principal: owner, key });
    };
    const [older, newer] = [randomUUID(), randomUUID()];
    await replace(older);
    await replace(newer);
    await replace(older);
    const { rows } = await db.query('SELECT generation, blob_key FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 3, blob_key: `files/${file.id}/${newer}` }]);
  });

  it('an emptying or adding that is delivered once more leaves alone what came after it', async () => {
    const knowledgeId = await base(owner);
    const reset = () => caller.rpc.call(RESET_KNOWLEDGE, { knowledgeId }, { principal: owner, key: knowledgeId });
    await reset();
    const later = await register(owner, randomUUID(), { knowledgeId });
    await reset();
    expect(await caller.rpc.call(GET_FILE, { fileId: later.id }, { principal: owner })).toMatchObject({ id: later.id });

    const alone = await register(owner);
    const addition = { knowledgeId, fileIds: [alone.id] };
    const add = () => caller.rpc.call(ADD_KNOWLEDGE_FILES, addition, { principal: owner, key: alone.id });
    await add();
    await caller.rpc.call(
      REMOVE_KNOWLEDGE_FILE,
      { knowledgeId, fileId: alone.id, deleteFile: false },
      { principal: owner },
    );
    await add();
    const inBase = await caller.rpc.call(LIST_KNOWLEDGE_FILES, { knowledgeId }, { principal: owner });
    expect(inBase.items.map(({ id }) => id)).toEqual([later.id]);
  });

  it('files that are queued together stand behind each other, not all before those of others', async () => {
    const user = person();
    const knowledgeId = await base(user);
    const files: StoredFile[] = [];
    for (let n = 0; n < 4; n += 1) files.push(await register(user, randomUUID(), { knowledgeId }));
    for (const file of files) await complete(file.id);
    await register(user);
    await caller.rpc.call(REINDEX_KNOWLEDGE, { knowledgeId }, { principal: person('admin') });
    const ids = files.map(({ id }) => id);
    const { rows } = await db.query('SELECT rank FROM files WHERE id = ANY ($1) ORDER BY created_at', [ids]);
    expect(rows.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
  });

  it('a deleted file is gone for every call at once', async () => {
    const knowledgeId = await base(owner);
    const file = await register(owner, randomUUID(), { knowledgeId });
    const remove = () => caller.rpc.call(DELETE_FILE, { fileId: file.id }, { principal: owner, key: file.id });
    expect(await remove()).toEqual({ deleted: true });
    // The same delivery a second time.
    expect(await remove()).toEqual({ deleted: true });
    await expect(caller.rpc.call(GET_FILE, { fileId: file.id }, { principal: owner })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await caller.rpc.call(FILE_STATUSES, { fileIds: [file.id] }, { principal: owner })).toEqual({ items: [] });
    const inBase = await caller.rpc.call(LIST_KNOWLEDGE_FILES, { knowledgeId }, { principal: owner });
    expect(inBase).toEqual({ items: [], total: 0 });
    const { rows } = await db.query('SELECT kind FROM removals WHERE file_id = $1', [file.id]);
    expect(rows).toEqual([{ kind: 'file' }]);
  });

  it('bases: create, search, update, files in them, reindex', async () => {
    const user = person();
    const principal = user;
    const { id } = await caller.rpc.call(
      CREATE_KNOWLEDGE,
      { name: 'Ships', description: 'of all kinds' },
      { principal },
    );
    await caller.rpc.call(CREATE_KNOWLEDGE, { name: 'Trains' }, { principal });
    const { items } = await caller.rpc.call(SEARCH_KNOWLEDGE, { query: 'KINDS' }, { principal });
    expect(items).toMatchObject([{ id, name: 'Ships', write_access: true, file_count: 0, access_grants: [] }]);
    await caller.rpc.call(UPDATE_KNOWLEDGE, { knowledgeId: id, name: 'Boats' }, { principal });
    const byName = await caller.rpc.call(SEARCH_KNOWLEDGE, { orderBy: 'name', direction: 'asc' }, { principal });
    expect(byName.items.map((one) => [one.name, one.description])).toEqual([
      ['Boats', 'of all kinds'],
      ['Trains', ''],
    ]);
    const file = await register(user, 'ferry', { knowledgeId: id, name: 'ferry.txt' });
    expect(file.meta.collection_name).toBe(id);
    const pending = await caller.rpc.call(PENDING_KNOWLEDGE_FILES, { knowledgeId: id }, { principal });
    expect(pending.items).toMatchObject([{ id: file.id, filename: 'ferry.txt', state: 'pending' }]);
    await complete(file.id);
    const found = await caller.rpc.call(SEARCH_KNOWLEDGE_FILES, { query: 'FERRY' }, { principal });
    expect(found).toMatchObject({ total: 1, items: [{ id: file.id, knowledge: { id, name: 'Boats' } }] });
    await caller.rpc.call(UPDATE_KNOWLEDGE_FILE, { knowledgeId: id, fileId: file.id }, { principal });
    const { rows } = await db.query('SELECT generation, live_generation FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 2, live_generation: 1 }]);
    expect(await caller.rpc.call(REINDEX_KNOWLEDGE, { knowledgeId: id }, { principal: person('admin') })).toEqual({
      queued: 1,
    });
  });

  it('a text comes in pieces of one generation, never half of each', async () => {
    const { id: fileId } = await register(owner);
    const chunks = (generation: number, texts: readonly string[]) =>
      db.query(
        `INSERT INTO chunks SELECT $1, $2, n - 1, text, NULL, NULL, n * 10, n * 10 + length(text), ''
           FROM unnest($3::text[]) WITH ORDINALITY AS t (text, n)`,
        [fileId, generation, texts],
      );
    const piece = (from?: TextCursor) =>
      caller.rpc.call(FILE_TEXT, { fileId, from, maxChars: 5 }, { principal: owner });
    const read = async () => {
      const pieces = [await piece()];
      for (let { next } = pieces[0]!; next; { next } = pieces.at(-1)!) pieces.push(await piece(next));
      return pieces.map(({ content }) => content).join('');
    };
    await chunks(1, ['first', 'text']);
    await complete(fileId);
    expect(await read()).toBe('first\n\ntext');
    const { next } = await piece();
    // Its replacement is on the way, and is not found yet.
    await db.query(`UPDATE files SET generation = 2, state = 'processing' WHERE id = $1`, [fileId]);
    await chunks(2, ['other', 'words', 'now']);
    expect(await piece(next!)).toMatchObject({ content: '\n\ntext' });
    await complete(fileId);
    await expect(piece(next!)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await read()).toBe('other\n\nwords\n\nnow');
  });

  describe('of somebody else', () => {
    let fileId: string;
    let knowledgeId: string;
    let calls: [Call, object][];

    beforeAll(async () => {
      knowledgeId = await base(owner);
      fileId = (await register(owner, randomUUID(), { knowledgeId })).id;
      calls = [
        [GET_FILE, { fileId }],
        [LOCATE_FILE, { fileId }],
        [FILE_TEXT, { fileId }],
        [RENAME_FILE, { fileId, name: 'mine now' }],
        [DELETE_FILE, { fileId }],
        [
          REPLACE_FILE,
          { fileId, blobKey: `files/${fileId}/x`, contentType: 'text/plain', size: 1, sha256: 'c'.repeat(64) },
        ],
        [RETRY_FILE, { fileId }],
        [REGISTER_FILE, request('into a foreign base', { knowledgeId })],
        [GET_KNOWLEDGE, { knowledgeId }],
        [UPDATE_KNOWLEDGE, { knowledgeId, name: 'mine now' }],
        [DELETE_KNOWLEDGE, { knowledgeId }],
        [RESET_KNOWLEDGE, { knowledgeId }],
        [LIST_KNOWLEDGE_FILES, { knowledgeId }],
        [PENDING_KNOWLEDGE_FILES, { knowledgeId }],
        [ADD_KNOWLEDGE_FILES, { knowledgeId, fileIds: [fileId] }],
        [UPDATE_KNOWLEDGE_FILE, { knowledgeId, fileId }],
        [REMOVE_KNOWLEDGE_FILE, { knowledgeId, fileId }],
      ];
    });
    const call = (what: Call, payload: object, principal: Principal) => caller.rpc.call(what, payload, { principal });

    it('nothing is there for a stranger, whatever is asked', async () => {
      const stranger = person();
      for (const [what, payload] of calls)
        await expect(call(what, payload, stranger), what.pattern).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const own = await base(stranger);
      const add = { knowledgeId: own, fileIds: [fileId] };
      await expect(call(ADD_KNOWLEDGE_FILES, add, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await call(FILE_STATUSES, { fileIds: [fileId] }, stranger)).toEqual({ items: [] });
      expect(await call(LIST_FILES, {}, stranger)).toEqual({ items: [], total: 0 });
      expect(await call(SEARCH_FILES, { filename: '*' }, stranger)).toEqual({ items: [] });
      expect(await call(SEARCH_KNOWLEDGE_FILES, {}, stranger)).toEqual({ items: [], total: 0 });
      expect(await call(SEARCH_KNOWLEDGE, { all: true }, stranger)).toMatchObject({ total: 1 });
    });

    it('and what is for administrators is refused', async () => {
      for (const [what, payload] of [
        [DELETE_ALL_FILES, {}],
        [DELETE_USER_DOCUMENTS, { userId: owner.userId }],
        [REINDEX_KNOWLEDGE, {}],
      ] as [Call, object][])
        await expect(call(what, payload, person()), what.pattern).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    });

    it('who is not signed in, waits for activation, or is a service gets nothing', async () => {
      const everything: [Call, object][] = [
        ...calls,
        [LIST_FILES, {}],
        [SEARCH_FILES, { filename: '*' }],
        [COUNT_FILES, {}],
        [FILE_STATUSES, { fileIds: [fileId] }],
        [LIST_KNOWLEDGE, {}],
        [SEARCH_KNOWLEDGE, {}],
        [SEARCH_KNOWLEDGE_FILES, {}],
        [CREATE_KNOWLEDGE, { name: 'x' }],
        [DELETE_ALL_FILES, {}],
        [REINDEX_KNOWLEDGE, {}],
      ];
      for (const [what, payload] of everything) {
        await expect(call(what, payload, ANONYMOUS), what.pattern).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
        await expect(call(what, payload, { kind: 'service', name: 'chat' }), what.pattern).rejects.toMatchObject({
          code: 'UNAUTHENTICATED',
        });
        await expect(call(what, payload, person('pending')), what.pattern).rejects.toMatchObject({
          code: 'PERMISSION_DENIED',
        });
      }
    });

    it('an administrator may see and change it', async () => {
      const admin = person('admin');
      expect(await call(GET_FILE, { fileId }, admin)).toMatchObject({ id: fileId });
      expect(await call(GET_KNOWLEDGE, { knowledgeId }, admin)).toMatchObject({ write_access: true });
      await call(RENAME_FILE, { fileId, name: 'by an administrator.txt' }, admin);
      const { total } = (await call(SEARCH_KNOWLEDGE, { all: true }, admin)) as { total: number };
      expect(total).toBeGreaterThan(1);
      expect(await call(DELETE_USER_DOCUMENTS, { userId: owner.userId }, admin)).toMatchObject({
        files: expect.any(Number),
      });
      expect(await call(COUNT_FILES, {}, owner)).toEqual({ count: 0 });
    });
  });
});
