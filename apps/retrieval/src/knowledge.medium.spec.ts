import { createHash, randomUUID } from 'node:crypto';
import { ANONYMOUS, type Principal } from '@perennial/contracts-kernel';
import { files, knowledge, knowledgeDirectories, MAX_DIRECTORY_DEPTH } from '@perennial/contracts-retrieval';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrievalEnv } from './env';
import { RetrievalModule } from './retrieval.module';

const service = { name: 'retrieval', env: retrievalEnv, module: RetrievalModule.forRoot };
const userId = '00000000-0000-4000-8000-000000000001';
const principal: Principal = { kind: 'user', userId, role: 'user', sessionId: 's' };

/** Real: Postgres, Redis, the transport, three replicas that start at once on an empty database. */
describe('knowledge bases', () => {
  let replicas: Replica[];
  let caller: Caller;
  let databaseUrl: string;

  beforeAll(async () => {
    databaseUrl = await freshDatabase('retrieval');
    const prefix = freshPrefix('retrieval');
    const source = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      SECRET_KEY: 'the secret of the tests',
      RETRIEVAL_ROLE: 'api',
    };
    replicas = await Promise.all([1, 2, 3].map(() => startReplica(service, source)));
    caller = await startCaller(redisUrl(), prefix);
  });
  afterAll(async () => {
    await caller?.stop();
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  });

  it('are none at first, and then one’s own', async () => {
    const list = (page = 1) => caller.rpc.call(knowledge.list, { page }, { principal });
    expect(await list()).toEqual({ items: [], total: 0 });
    const client = new Client(databaseUrl);
    await client.connect();
    await client.query(
      `INSERT INTO retrieval.knowledge_bases (user_id, name) SELECT $1, 'mine ' || n FROM generate_series(1, 31) n`,
      [userId],
    );
    await client.query(`INSERT INTO retrieval.knowledge_bases (user_id, name) VALUES (gen_random_uuid(), 'not mine')`);
    await client.end();
    const { items, total } = await list();
    expect({ total, shown: items.length, owners: new Set(items.map((item) => item.user_id)) }).toEqual({
      total: 31,
      shown: 30,
      owners: new Set([userId]),
    });
    expect((await list(2)).items).toHaveLength(1);
  });

  it('are not for anonymous nor for pending accounts', async () => {
    const as = (who: Principal) => caller.rpc.call(knowledge.list, {}, { principal: who });
    await expect(as(ANONYMOUS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(as({ ...principal, role: 'pending' })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  const stranger: Principal = { ...principal, userId: '00000000-0000-4000-8000-000000000002' };
  const admin: Principal = { ...stranger, role: 'admin' };
  const newBase = async () => (await caller.rpc.call(knowledge.create, { name: 'Base' }, { principal })).id;
  const upload = async (knowledgeId: string, name: string, directoryId: string | null = null) => {
    const fileId = randomUUID();
    const sha256 = createHash('sha256').update(fileId).digest('hex');
    const request = { fileId, name, size: 1, sha256, knowledgeId, directoryId };
    return (await caller.rpc.call(files.register, request, { principal })).id;
  };
  const make = (knowledgeId: string, name: string, parentId: string | null = null, as = principal) =>
    caller.rpc.call(knowledgeDirectories.create, { knowledgeId, name, parentId }, { principal: as });
  const put = (knowledgeId: string, directoryId: string, parentId: string | null, as = principal) =>
    caller.rpc.call(knowledgeDirectories.update, { knowledgeId, directoryId, parentId }, { principal: as });
  const listed = async (knowledgeId: string, directoryId?: string | null, query = '') => {
    const page = await caller.rpc.call(
      knowledge.files,
      { knowledgeId, directoryId, query, orderBy: 'name', direction: 'asc' },
      { principal },
    );
    return {
      files: page.items.map((file) => [file.directory_path, file.filename].join('|')),
      directories: page.directories.map(({ name }) => name),
      way: page.breadcrumbs.map(({ name }) => name),
      total: page.total,
    };
  };

  it('have directories, which hold files and directories', async () => {
    const base = await newBase();
    const law = await make(base, ' Law ');
    const tax = await make(base, 'Ta\u0308x', law.id);
    expect(law).toMatchObject({ knowledge_id: base, parent_id: null, name: 'Law', user_id: userId });
    const [top, deep] = [await upload(base, 'a.txt'), await upload(base, 'b.txt', tax.id)];
    expect(await listed(base)).toEqual({ files: ['|a.txt', 'Law/Täx|b.txt'], directories: [], way: [], total: 2 });
    expect(await listed(base, null)).toEqual({ files: ['|a.txt'], directories: ['Law'], way: [], total: 1 });
    expect(await listed(base, law.id)).toEqual({ files: [], directories: ['Täx'], way: ['Law'], total: 0 });
    expect(await listed(base, tax.id, 'B')).toMatchObject({ files: ['Law/Täx|b.txt'], way: ['Law', 'Täx'] });
    const move = (fileId: string, directoryId: string | null, as = principal) =>
      caller.rpc.call(knowledge.moveFile, { knowledgeId: base, fileId, directoryId }, { principal: as });
    await move(deep, law.id);
    expect((await listed(base, law.id)).files).toEqual(['Law|b.txt']);
    await move(deep, null);
    await move(top, tax.id, admin);
    expect((await listed(base)).files).toEqual(['Law/Täx|a.txt', '|b.txt']);
    // Into a base that has it already: it is where it was put last.
    const other = await newBase();
    const shelf = await make(other, 'Shelf');
    await caller.rpc.call(knowledge.addFiles, { knowledgeId: other, fileIds: [top] }, { principal });
    const away = { knowledgeId: base, fileId: top, toKnowledgeId: other, directoryId: shelf.id };
    await caller.rpc.call(knowledge.moveFile, away, { principal });
    expect((await listed(other)).files).toEqual(['Shelf|a.txt']);
    expect((await listed(base)).files).toEqual(['|b.txt']);
    for (const work of [
      () => move(deep, randomUUID()),
      () => move(randomUUID(), null),
      () => move(deep, law.id, stranger),
      () => upload(base, 'c.txt', randomUUID()),
      () => listed(base, randomUUID()),
      () => make(base, 'x', null, stranger),
      () => make(base, 'x', randomUUID()),
      () => put(base, law.id, null, stranger),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // A directory of another base is none of this one.
    await expect(move(deep, (await make(await newBase(), 'Law')).id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('have directories with names of their own, in no circle, and not too deep', async () => {
    const base = await newBase();
    const [one, other] = [await make(base, 'one'), await make(base, 'other')];
    const refused = (problem: string) => ({ code: 'INVALID_ARGUMENT', details: { problem } });
    await expect(make(base, 'one')).rejects.toMatchObject(refused('directory_exists'));
    const inner = await make(base, 'other', one.id);
    await expect(put(base, inner.id, null)).rejects.toMatchObject(refused('directory_exists'));
    await expect(put(base, one.id, inner.id)).rejects.toMatchObject(refused('directory_into_itself'));
    await expect(put(base, one.id, one.id)).rejects.toMatchObject(refused('directory_into_itself'));
    // Each into the other at once: one of the two comes first.
    const [third, fourth] = [await make(base, 'third'), await make(base, 'fourth')];
    const both = await Promise.allSettled([put(base, third.id, fourth.id), put(base, fourth.id, third.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const settled = await Promise.allSettled(Array.from({ length: 6 }, () => make(base, 'the same')));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    let parent = other.id;
    for (let depth = 2; depth <= MAX_DIRECTORY_DEPTH; depth += 1) parent = (await make(base, 'deeper', parent)).id;
    await expect(make(base, 'deeper', parent)).rejects.toMatchObject(refused('directory_too_deep'));
    await expect(put(base, one.id, parent)).rejects.toMatchObject(refused('directory_too_deep'));
  });

  it('lose a directory: its files move up, or go with it unless another base has them', async () => {
    const [base, other] = [await newBase(), await newBase()];
    const drop = (directoryId: string, moveFiles: boolean, as = principal) =>
      caller.rpc.call(knowledgeDirectories.remove, { knowledgeId: base, directoryId, moveFiles }, { principal: as });
    const outer = await make(base, 'outer');
    const [middle, second] = [await make(base, 'middle', outer.id), await make(base, 'second', outer.id)];
    const inner = await make(base, 'inner', middle.id);
    await upload(base, 'kept.txt', inner.id);
    const [shared, lost] = [await upload(base, 'shared.txt', second.id), await upload(base, 'lost.txt', second.id)];
    await caller.rpc.call(knowledge.addFiles, { knowledgeId: other, fileIds: [shared] }, { principal });
    await expect(drop(middle.id, true, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await drop(middle.id, true)).toEqual({ removed: true, files: 1 });
    expect(await listed(base, outer.id)).toMatchObject({ files: ['outer|kept.txt'], directories: ['second'] });
    expect(await drop(second.id, false)).toEqual({ removed: true, files: 2 });
    expect((await listed(base)).files).toEqual(['outer|kept.txt']);
    expect((await listed(other)).files).toEqual(['|shared.txt']);
    await expect(caller.rpc.call(files.get, { fileId: lost }, { principal })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(drop(second.id, false)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are read again by those who may change them; twice is once', async () => {
    const [base, other] = [await newBase(), await newBase()];
    const ids = [await upload(base, 'a.txt'), await upload(base, 'b.txt')];
    await upload(other, 'c.txt');
    const waiting = await upload(base, 'waiting.txt');
    const client = new Client({ connectionString: databaseUrl, options: '-c search_path=retrieval' });
    await client.connect();
    try {
      await client.query(
        `UPDATE files SET state = 'completed', live_generation = 1, chunk_count = 1 WHERE id = ANY ($1::uuid[])`,
        [ids],
      );
      const again = (knowledgeId: string | undefined, as: Principal) =>
        caller.rpc.call(knowledge.reindex, { knowledgeId }, { principal: as });
      await expect(again(base, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(again(undefined, principal)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      expect(await again(base, principal)).toEqual({ queued: 2 });
      expect(await again(base, admin)).toEqual({ queued: 0 });
      const { rows } = await client.query(
        `SELECT state, generation, live_generation FROM files WHERE id = ANY ($1::uuid[]) ORDER BY generation`,
        [[...ids, waiting]],
      );
      const renewed = { state: 'pending', generation: 2, live_generation: 1 };
      expect(rows).toEqual([{ state: 'pending', generation: 1, live_generation: null }, renewed, renewed]);
    } finally {
      await client.end();
    }
  });
});
