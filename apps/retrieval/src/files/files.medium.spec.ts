import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANONYMOUS, type Call, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { files, knowledge, type StoredFile, type TextCursor } from '@perennial/contracts-retrieval';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
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
    caller.rpc.call(files.register, request(content, more), { principal });
  const base = async (principal: Principal): Promise<string> =>
    (await caller.rpc.call(knowledge.create, { name: 'Base' }, { principal })).id;
  /** Marks a file as completed, like a worker. */
  const complete = (fileId: string) =>
    db.query(`UPDATE files SET state = 'completed', live_generation = generation, chunk_count = 0 WHERE id = $1`, [
      fileId,
    ]);

  it('registering creates a file’s row, its placement and its position in the queue', async () => {
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
    expect(await caller.rpc.call(files.locate, { fileId: file.id }, { principal: owner })).toMatchObject({
      blobKey: `files/${file.id}/1`,
      size: 3,
    });
  });

  it('registering is idempotent, also concurrently; another file under its id is refused', async () => {
    const what = request('twice', { knowledgeId: await base(owner) });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => caller.rpc.call(files.register, what, { principal: owner })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await expect(
      caller.rpc.call(files.register, { ...what, sha256: 'a'.repeat(64) }, { principal: owner }),
    ).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(caller.rpc.call(files.register, what, { principal: person() })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });

  it('a base holds the same bytes once, also with concurrent uploads', async () => {
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
      caller.rpc.call(knowledge.addFiles, { knowledgeId, fileIds: [alone.id] }, { principal: owner }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { file_count: count } = await caller.rpc.call(knowledge.get, { knowledgeId }, { principal: owner });
    expect(count).toBe(1);
  });

  it('concurrent uploads into one base do not deadlock', async () => {
    const user = person();
    const knowledgeId = await base(user);
    await Promise.all(Array.from({ length: 10 }, () => register(user, randomUUID(), { knowledgeId })));
    await expect(register(user, 'one too many', { knowledgeId })).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  it('limits on number, size and kind are reported', async () => {
    const user = person();
    await expect(register(user, 'x', { size: 2 ** 20 + 1 })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(register(user, 'x', { name: 'setup.exe' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Files of this kind are not allowed. Allowed are: txt, md.',
    });
    for (let n = 0; n < 40; n += 1) await register(user);
    await expect(register(user)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    for (let n = 0; n < 8; n += 1) await base(user);
    await expect(base(user)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  it('a user’s storage is limited: files, their text and bases; the error names the used storage', async () => {
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
      return caller.rpc.call(files.replace, content, { principal: user });
    };
    await expect(replace(2_000_000)).rejects.toMatchObject(refusal);
    await replace(1_445_000);
    await expect(
      caller.rpc.call(knowledge.create, { name: 'Base', description: 'd'.repeat(9_000) }, { principal: user }),
    ).rejects.toMatchObject(refusal);
    // Another user has a limit of their own.
    await register(person(), randomUUID(), { size });
  });

  it('limits on number hold for concurrent requests at any replica', async () => {
    const user = person();
    const fits = async (works: Promise<unknown>[]) => {
      const settled = await Promise.allSettled(works);
      for (const one of settled)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
      return settled.filter(({ status }) => status === 'fulfilled').length;
    };
    expect(await fits(Array.from({ length: 60 }, () => register(user)))).toBe(40);
    expect(await fits(Array.from({ length: 20 }, () => base(user)))).toBe(8);
  });

  it('lists, counts, finds and renames one’s own', async () => {
    const user = person();
    for (const name of ['Alpha report.txt', 'beta_report.md', 'gamma.txt']) await register(user, name, { name });
    const principal = user;
    expect(await caller.rpc.call(files.count, {}, { principal })).toEqual({ count: 3 });
    const { items, total } = await caller.rpc.call(files.list, { limit: 2 }, { principal });
    expect([items.map((file) => file.filename), total]).toEqual([['gamma.txt', 'beta_report.md'], 3]);
    const found = async (filename: string) =>
      (await caller.rpc.call(files.search, { filename }, { principal })).items.map((file) => file.filename).sort();
    expect(await found('*REPORT*')).toEqual(['Alpha report.txt', 'beta_report.md']);
    expect(await found('beta?report.md')).toEqual(['beta_report.md']);
    expect(await found('gamm_.txt')).toEqual([]);
    const [first] = items;
    await caller.rpc.call(files.rename, { fileId: first!.id, name: 'delta.txt' }, { principal });
    expect(await found('delta*')).toEqual(['delta.txt']);
    // As macOS sends it; it is shown as given.
    await register(principal, 'decomposed', { name: 'U\u0308bersicht.txt' });
    expect(await found('\u00dcbersicht*')).toEqual(['U\u0308bersicht.txt']);
  });

  it('a replacement is a new generation, and idempotent', async () => {
    const file = await register(owner);
    await complete(file.id);
    const content = {
      blobKey: `files/${file.id}/${randomUUID()}`,
      contentType: 'text/plain',
      size: 5,
      sha256: 'b'.repeat(64),
    };
    const replace = () => caller.rpc.call(files.replace, { fileId: file.id, ...content }, { principal: owner });
    await replace();
    await replace();
    const { rows } = await db.query('SELECT generation, live_generation, state FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 2, live_generation: 1, state: 'pending' }]);
    const elsewhere = { fileId: file.id, ...content, blobKey: `files/${randomUUID()}/1` };
    await expect(caller.rpc.call(files.replace, elsewhere, { principal: owner })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
  });

  it('a replacement that is redelivered after a newer one does not undo it', async () => {
    const file = await register(owner);
    const replace = (key: string) => {
      const blobKey = `files/${file.id}/${key}`;
      const content = { blobKey, contentType: 'text/plain', size: 5, sha256: 'c'.repeat(64) };
      return caller.rpc.call(files.replace, { fileId: file.id, ...content }, { principal: owner, key });
    };
    const [older, newer] = [randomUUID(), randomUUID()];
    await replace(older);
    await replace(newer);
    await replace(older);
    const { rows } = await db.query('SELECT generation, blob_key FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 3, blob_key: `files/${file.id}/${newer}` }]);
  });

  it('a redelivered reset or addition does not affect later changes', async () => {
    const knowledgeId = await base(owner);
    const reset = () => caller.rpc.call(knowledge.reset, { knowledgeId }, { principal: owner, key: knowledgeId });
    await reset();
    const later = await register(owner, randomUUID(), { knowledgeId });
    await reset();
    expect(await caller.rpc.call(files.get, { fileId: later.id }, { principal: owner })).toMatchObject({
      id: later.id,
    });

    const alone = await register(owner);
    const addition = { knowledgeId, fileIds: [alone.id] };
    const add = () => caller.rpc.call(knowledge.addFiles, addition, { principal: owner, key: alone.id });
    await add();
    await caller.rpc.call(
      knowledge.removeFile,
      { knowledgeId, fileId: alone.id, deleteFile: false },
      { principal: owner },
    );
    await add();
    const inBase = await caller.rpc.call(knowledge.files, { knowledgeId }, { principal: owner });
    expect(inBase.items.map(({ id }) => id)).toEqual([later.id]);
  });

  it('files that are queued together take turns with those of others', async () => {
    const user = person();
    const knowledgeId = await base(user);
    const files: StoredFile[] = [];
    for (let n = 0; n < 4; n += 1) files.push(await register(user, randomUUID(), { knowledgeId }));
    for (const file of files) await complete(file.id);
    await register(user);
    await caller.rpc.call(knowledge.reindex, { knowledgeId }, { principal: person('admin') });
    const ids = files.map(({ id }) => id);
    const { rows } = await db.query('SELECT rank FROM files WHERE id = ANY ($1) ORDER BY created_at', [ids]);
    expect(rows.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
  });

  it('a deleted file is gone for every call at once', async () => {
    const knowledgeId = await base(owner);
    const file = await register(owner, randomUUID(), { knowledgeId });
    const remove = () => caller.rpc.call(files.remove, { fileId: file.id }, { principal: owner, key: file.id });
    expect(await remove()).toEqual({ deleted: true });
    // A second delivery of the same call.
    expect(await remove()).toEqual({ deleted: true });
    await expect(caller.rpc.call(files.get, { fileId: file.id }, { principal: owner })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await caller.rpc.call(files.statuses, { fileIds: [file.id] }, { principal: owner })).toEqual({ items: [] });
    const inBase = await caller.rpc.call(knowledge.files, { knowledgeId }, { principal: owner });
    expect(inBase).toMatchObject({ items: [], total: 0 });
    const { rows } = await db.query('SELECT kind FROM removals WHERE file_id = $1', [file.id]);
    expect(rows).toEqual([{ kind: 'file' }]);
  });

  it('bases: create, search, update, files in them, reindex', async () => {
    const user = person();
    const principal = user;
    const { id } = await caller.rpc.call(
      knowledge.create,
      { name: 'Ships', description: 'of all kinds' },
      { principal },
    );
    await caller.rpc.call(knowledge.create, { name: 'Trains' }, { principal });
    const { items } = await caller.rpc.call(knowledge.search, { query: 'KINDS' }, { principal });
    expect(items).toMatchObject([{ id, name: 'Ships', write_access: true, file_count: 0, access_grants: [] }]);
    await caller.rpc.call(knowledge.update, { knowledgeId: id, name: 'Boats' }, { principal });
    const byName = await caller.rpc.call(knowledge.search, { orderBy: 'name', direction: 'asc' }, { principal });
    expect(byName.items.map((one) => [one.name, one.description])).toEqual([
      ['Boats', 'of all kinds'],
      ['Trains', ''],
    ]);
    const file = await register(user, 'ferry', { knowledgeId: id, name: 'ferry.txt' });
    expect(file.meta.collection_name).toBe(id);
    const pending = await caller.rpc.call(knowledge.pending, { knowledgeId: id }, { principal });
    expect(pending.items).toMatchObject([{ id: file.id, filename: 'ferry.txt', state: 'pending' }]);
    await complete(file.id);
    const found = await caller.rpc.call(knowledge.searchFiles, { query: 'FERRY' }, { principal });
    expect(found).toMatchObject({ total: 1, items: [{ id: file.id, knowledge: { id, name: 'Boats' } }] });
    await caller.rpc.call(knowledge.updateFile, { knowledgeId: id, fileId: file.id }, { principal });
    const { rows } = await db.query('SELECT generation, live_generation FROM files WHERE id = $1', [file.id]);
    expect(rows).toEqual([{ generation: 2, live_generation: 1 }]);
    const reindex = () => caller.rpc.call(knowledge.reindex, { knowledgeId: id }, { principal: person('admin') });
    // It waits to be read already.
    expect(await reindex()).toEqual({ queued: 0 });
    await complete(file.id);
    expect(await reindex()).toEqual({ queued: 1 });
  });

  it('a text comes in pieces of one generation only', async () => {
    const { id: fileId } = await register(owner);
    const chunks = (generation: number, texts: readonly string[]) =>
      db.query(
        `INSERT INTO chunks SELECT $1, $2, n - 1, text, NULL, NULL, n * 10, n * 10 + length(text), ''
           FROM unnest($3::text[]) WITH ORDINALITY AS t (text, n)`,
        [fileId, generation, texts],
      );
    const piece = (from?: TextCursor) =>
      caller.rpc.call(files.text, { fileId, from, maxChars: 5 }, { principal: owner });
    const read = async () => {
      const pieces = [await piece()];
      for (let { next } = pieces[0]!; next; { next } = pieces.at(-1)!) pieces.push(await piece(next));
      return pieces.map(({ content }) => content).join('');
    };
    await chunks(1, ['first', 'text']);
    await complete(fileId);
    expect(await read()).toBe('first\n\ntext');
    const { next } = await piece();
    // Its replacement is being ingested, and is not live yet.
    await db.query(`UPDATE files SET generation = 2, state = 'processing' WHERE id = $1`, [fileId]);
    await chunks(2, ['other', 'words', 'now']);
    expect(await piece(next!)).toMatchObject({ content: '\n\ntext' });
    await complete(fileId);
    await expect(piece(next!)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await read()).toBe('other\n\nwords\n\nnow');
  });

  describe('of another user', () => {
    let fileId: string;
    let knowledgeId: string;
    let calls: [Call, object][];

    beforeAll(async () => {
      knowledgeId = await base(owner);
      fileId = (await register(owner, randomUUID(), { knowledgeId })).id;
      calls = [
        [files.get, { fileId }],
        [files.locate, { fileId }],
        [files.text, { fileId }],
        [files.rename, { fileId, name: 'mine now' }],
        [files.remove, { fileId }],
        [
          files.replace,
          { fileId, blobKey: `files/${fileId}/x`, contentType: 'text/plain', size: 1, sha256: 'c'.repeat(64) },
        ],
        [files.retry, { fileId }],
        [files.register, request('into a foreign base', { knowledgeId })],
        [knowledge.get, { knowledgeId }],
        [knowledge.update, { knowledgeId, name: 'mine now' }],
        [knowledge.remove, { knowledgeId }],
        [knowledge.reset, { knowledgeId }],
        [knowledge.files, { knowledgeId }],
        [knowledge.pending, { knowledgeId }],
        [knowledge.addFiles, { knowledgeId, fileIds: [fileId] }],
        [knowledge.updateFile, { knowledgeId, fileId }],
        [knowledge.removeFile, { knowledgeId, fileId }],
      ];
    });
    const call = (what: Call, payload: object, principal: Principal) => caller.rpc.call(what, payload, { principal });

    it('no call finds a file of another user', async () => {
      const stranger = person();
      for (const [what, payload] of calls)
        await expect(call(what, payload, stranger), what.pattern).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const own = await base(stranger);
      const add = { knowledgeId: own, fileIds: [fileId] };
      await expect(call(knowledge.addFiles, add, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await call(files.statuses, { fileIds: [fileId] }, stranger)).toEqual({ items: [] });
      expect(await call(files.list, {}, stranger)).toEqual({ items: [], total: 0 });
      expect(await call(files.search, { filename: '*' }, stranger)).toEqual({ items: [] });
      expect(await call(knowledge.searchFiles, {}, stranger)).toEqual({ items: [], total: 0 });
      expect(await call(knowledge.search, { all: true }, stranger)).toMatchObject({ total: 1 });
    });

    it('and calls for administrators are refused', async () => {
      for (const [what, payload] of [
        [files.removeAll, {}],
        [files.removeOfUser, { userId: owner.userId }],
        [knowledge.reindex, {}],
      ] as [Call, object][])
        await expect(call(what, payload, person()), what.pattern).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    });

    it('anonymous, pending and service principals are refused', async () => {
      const everything: [Call, object][] = [
        ...calls,
        [files.list, {}],
        [files.search, { filename: '*' }],
        [files.count, {}],
        [files.statuses, { fileIds: [fileId] }],
        [knowledge.list, {}],
        [knowledge.search, {}],
        [knowledge.searchFiles, {}],
        [knowledge.create, { name: 'x' }],
        [files.removeAll, {}],
        [knowledge.reindex, {}],
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
      expect(await call(files.get, { fileId }, admin)).toMatchObject({ id: fileId });
      expect(await call(knowledge.get, { knowledgeId }, admin)).toMatchObject({ write_access: true });
      await call(files.rename, { fileId, name: 'by an administrator.txt' }, admin);
      const { total } = (await call(knowledge.search, { all: true }, admin)) as { total: number };
      expect(total).toBeGreaterThan(1);
      expect(await call(files.removeOfUser, { userId: owner.userId }, admin)).toMatchObject({
        files: expect.any(Number),
      });
      expect(await call(files.count, {}, owner)).toEqual({ count: 0 });
    });
  });
});
