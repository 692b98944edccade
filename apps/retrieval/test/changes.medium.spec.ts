import { randomUUID } from 'node:crypto';
import { documents, files, knowledge } from '@perennial/contracts-retrieval';
import { type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

/** Real: Postgres, Redis, LanceDB, the file system, the transport, built retrieval processes. Not real: the embedder. */
describe('files that change while they are ingested', () => {
  let world: World;
  const user = newUser();
  beforeAll(async () => {
    world = await World.start({ model: 'sim-embed-text20' });
    await world.retrieval('api');
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
  });

  /** One worker for the tests that do not end it. */
  let shared: ManagedProcess | undefined;
  beforeEach(() => (shared?.running ? undefined : world.endProcesses('worker')));
  const worker = async (): Promise<void> => {
    if (!shared?.running) shared = await ownWorker();
  };
  /** A worker of the test's own, instead of all others. The next test begins without it. */
  const ownWorker = async (): Promise<ManagedProcess> => {
    await world.endProcesses('worker');
    return world.retrieval('worker');
  };

  const call = { principal: user };
  const scopesOf = async (fileId: string) => new Set((await world.points(fileId)).map((point) => point.scope));

  /** No data of the file is left anywhere. */
  async function expectGone(fileId: string): Promise<void> {
    await world.swept();
    expect(await world.points(fileId)).toEqual([]);
    for (const [table, column] of [
      ['files', 'id'],
      ['chunks', 'file_id'],
      ['placements', 'file_id'],
      ['indexed', 'file_id'],
    ] as const)
      expect(await world.count(table, `${column} = $1`, fileId)).toBe(0);
    const keys = [];
    for await (const { key } of world.blobs.list(`files/${fileId}/`)) keys.push(key);
    expect(keys).toEqual([]);
  }

  it.each(['extract', 'split', 'embed', 'index'] as const)(
    'deleted at the step %s: nothing of it is left',
    async (step) => {
      await worker();
      const file = await world.upload(user, prose(200_000));
      await world.reached(file.id, step);
      await world.caller.rpc.call(files.remove, { fileId: file.id }, call);
      await waitFor(() => world.notices.some((notice) => notice.fileId === file.id && notice.state === 'deleted'));
      await expectGone(file.id);
      const next = await world.upload(user, 'The worker lives on.');
      await world.completed(next.id);
    },
    60_000,
  );

  it('a worker that was paused during a deletion does not bring the text back', async () => {
    const sleeper = await ownWorker();
    const file = await world.upload(user, prose(300_000));
    await world.reached(file.id, 'embed');
    sleeper.pause();
    await world.workers(1);
    await world.caller.rpc.call(files.remove, { fileId: file.id }, call);
    await expectGone(file.id);
    sleeper.cont();
    await sleep(3_000);
    await expectGone(file.id);
  }, 90_000);

  it('a worker that was paused during a replacement does not bring the old text back', async () => {
    const sleeper = await ownWorker();
    const file = await world.upload(user, prose(300_000));
    await world.reached(file.id, 'embed');
    sleeper.pause();
    await world.workers(1);
    await world.replace(user, file.id, 'What is said now.');
    await world.until(file.id, (row) => row.live_generation === 2, 'the new content');
    sleeper.cont();
    await sleep(3_000);
    await world.swept();
    expect(await world.row(file.id)).toMatchObject({ state: 'completed', generation: 2, live_generation: 2 });
    expect(await world.count('chunks', 'file_id = $1 AND generation < 2', file.id)).toBe(0);
    expect((await world.points(file.id)).map(({ generation, ordinal }) => [generation, ordinal])).toEqual([[2, 0]]);
  }, 90_000);

  it('replaced during its ingestion: only the new content is found, and the old bytes are removed', async () => {
    await worker();
    const file = await world.upload(user, prose(200_000));
    await world.reached(file.id, 'embed');
    await world.replace(user, file.id, 'The second text.');
    await world.until(file.id, (row) => row.live_generation === 2, 'the second content');
    await world.swept();
    const text = await world.caller.rpc.call(files.text, { fileId: file.id }, call);
    expect(text).toEqual({ content: 'The second text.', next: null });
    expect(await world.points(file.id)).toHaveLength(1);
    const keys = [];
    for await (const { key } of world.blobs.list(`files/${file.id}/`)) keys.push(key);
    expect(keys).toHaveLength(1);
  }, 60_000);

  it('the old content is found until the new one is live', async () => {
    const first = await ownWorker();
    const file = await world.upload(user, 'The first text.');
    await world.completed(file.id);
    await first.kill();
    await world.replace(user, file.id, 'The second text.');
    expect(await world.row(file.id)).toMatchObject({ state: 'pending', generation: 2, live_generation: 1 });
    expect((await world.caller.rpc.call(files.text, { fileId: file.id }, call)).content).toBe('The first text.');
    expect(await world.points(file.id)).toHaveLength(1);
  }, 60_000);

  it('a file whose replacement cannot be read is found by its old content in a base that it is added to later', async () => {
    await worker();
    const file = await world.upload(user, 'The text that stays.');
    await world.completed(file.id);
    await world.replace(user, file.id, '   ');
    await world.until(file.id, ({ state }) => state === 'failed', 'the replacement to fail');
    const base = await world.base(user);
    await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [file.id] }, call);
    await waitFor(async () => (await scopesOf(file.id)).has(base), { what: 'points in the base', timeoutMs: 10_000 });
    await world.until(file.id, ({ state, generation }) => state === 'failed' && generation === 2, 'it to fail again');
    const found = await world.caller.rpc.call(
      documents.search,
      { queries: ['the text that stays'], items: [{ type: 'collection', id: base }] },
      call,
    );
    expect(found.sources.flatMap(({ document }) => document)).toEqual(['The text that stays.']);
    // After repeated removals and additions the last one wins, regardless of the interleaving.
    const remove = { knowledgeId: base, fileId: file.id, deleteFile: false };
    await world.caller.rpc.call(knowledge.removeFile, remove, call);
    for (let n = 0; n < 3; n += 1) {
      await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [file.id] }, call);
      await world.until(file.id, ({ state }) => state === 'failed', 'it to fail');
      await world.caller.rpc.call(knowledge.removeFile, remove, call);
    }
    await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [file.id] }, call);
    await world.swept();
    await waitFor(async () => (await scopesOf(file.id)).has(base), { what: 'points in the base', timeoutMs: 10_000 });
    await world.caller.rpc.call(knowledge.removeFile, remove, call);
    await waitFor(async () => (await scopesOf(file.id)).has(file.id), { what: 'it to stand alone', timeoutMs: 10_000 });
  }, 60_000);

  it('a file in two bases has its points in both; embedded once', async () => {
    await worker();
    const [one, other] = [await world.base(user), await world.base(user)];
    const file = await world.upload(user, prose(20_000), { knowledgeId: one });
    await world.completed(file.id);
    const asked = world.simulator.stats().embed_texts;
    await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: other, fileIds: [file.id] }, call);
    await waitFor(async () => (await scopesOf(file.id)).size === 2, { what: 'points in both', timeoutMs: 20_000 });
    const row = await world.completed(file.id);
    expect(await scopesOf(file.id)).toEqual(new Set([one, other]));
    expect(await world.points(file.id)).toHaveLength(2 * row.chunk_count!);
    expect(world.simulator.stats().embed_texts).toBe(asked);
    await world.caller.rpc.call(knowledge.removeFile, { knowledgeId: one, fileId: file.id }, call);
    await world.swept();
    expect(await scopesOf(file.id)).toEqual(new Set([other]));
    await world.caller.rpc.call(knowledge.removeFile, { knowledgeId: other, fileId: file.id, deleteFile: false }, call);
    await waitFor(async () => (await scopesOf(file.id)).has(file.id), { what: 'it to stand alone', timeoutMs: 20_000 });
    await world.swept();
    expect(await scopesOf(file.id)).toEqual(new Set([file.id]));
  }, 60_000);

  const isFoundIn = async (base: string): Promise<boolean> => {
    const items = [{ type: 'collection' as const, id: base }];
    const { sources } = await world.caller.rpc.call(documents.search, { queries: ['harbour engine'], items }, call);
    return sources.some(({ document }) => document.length > 0);
  };

  it('moved to another base: found in exactly one of them at any time, and not embedded again, though its worker dies', async () => {
    await worker();
    const [one, other] = [await world.base(user), await world.base(user)];
    const file = await world.upload(user, prose(60_000), { knowledgeId: one });
    await world.completed(file.id);
    // Its vectors are in the index only.
    await world.db.query('DELETE FROM embeddings_cache');
    await world.endProcesses('worker');
    const move = { knowledgeId: one, fileId: file.id, toKnowledgeId: other };
    await world.caller.rpc.call(knowledge.moveFile, move, call);
    await expect(world.caller.rpc.call(knowledge.moveFile, move, call)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const totals = await Promise.all(
      [one, other].map((knowledgeId) => world.caller.rpc.call(knowledge.files, { knowledgeId }, call)),
    );
    expect(totals.map(({ total }) => total)).toEqual([0, 1]);
    expect([await isFoundIn(one), await isFoundIn(other)]).toEqual([true, false]);
    let [isOver, searches] = [false, 0];
    const wrong: string[] = [];
    const search = async (): Promise<void> => {
      while (!isOver) {
        // It leaves the first one as it comes into the second: in this order it is missed nowhere, in the other one it is not seen twice.
        if (!(await isFoundIn(one)) && !(await isFoundIn(other))) wrong.push('in none');
        if ((await isFoundIn(other)) && (await isFoundIn(one))) wrong.push('in both');
        searches += 1;
      }
    };
    const searching = search();
    const first = await ownWorker();
    await world.until(file.id, ({ epoch }) => epoch > 2, 'a worker to claim it');
    await first.kill();
    await ownWorker();
    await world.completed(file.id);
    await waitFor(async () => (await scopesOf(file.id)).size === 1, { what: 'the old points to go' });
    const before = searches;
    await waitFor(() => searches > before + 1, { what: 'a search after it' });
    isOver = true;
    await searching;
    expect(wrong).toEqual([]);
    expect([await isFoundIn(one), await isFoundIn(other)]).toEqual([false, true]);
    expect(await scopesOf(file.id)).toEqual(new Set([other]));
    const { rows } = await world.db.query<{ hash: string }>('SELECT DISTINCT hash FROM chunks WHERE file_id = $1', [
      file.id,
    ]);
    const { texts } = world.simulator.stats();
    expect(new Set(rows.map(({ hash }) => texts[hash]?.asked))).toEqual(new Set([1]));
    // Back and forth, faster than the removals: the last one wins.
    for (const [from, to] of [
      [other, one],
      [one, other],
      [other, one],
    ] as const)
      await world.caller.rpc.call(knowledge.moveFile, { knowledgeId: from, fileId: file.id, toKnowledgeId: to }, call);
    await waitFor(async () => (await world.count('placements', 'file_id = $1', file.id)) === 1, {
      what: 'the last move to end',
    });
    await waitFor(() => isFoundIn(one), { what: 'it to be found' });
    expect(await isFoundIn(other)).toBe(false);
  }, 90_000);

  it('a base that is read again is found by its old text until the new one is complete', async () => {
    await worker();
    const base = await world.base(user);
    const file = await world.upload(user, prose(2_000), { knowledgeId: base });
    await world.completed(file.id);
    expect(await world.caller.rpc.call(knowledge.reindex, { knowledgeId: base }, call)).toEqual({ queued: 1 });
    let isNew = false;
    while (!isNew) {
      isNew = (await world.row(file.id)).live_generation === 2;
      expect(await isFoundIn(base)).toBe(true);
    }
  }, 60_000);

  it('removed from a base and added again at once: its points are there', async () => {
    await worker();
    const base = await world.base(user);
    const file = await world.upload(user, prose(20_000), { knowledgeId: base });
    const { chunk_count: count } = await world.completed(file.id);
    for (let n = 0; n < 3; n += 1) {
      await world.caller.rpc.call(
        knowledge.removeFile,
        { knowledgeId: base, fileId: file.id, deleteFile: false },
        call,
      );
      await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: base, fileIds: [file.id] }, call);
    }
    await world.swept();
    await world.until(file.id, (row) => row.state === 'completed', 'it to be indexed again');
    await world.swept();
    const there = (await world.points(file.id)).filter((point) => point.scope === base);
    expect(there).toHaveLength(count!);
  }, 60_000);

  it('resetting or deleting a base deletes the files that are in no other base', async () => {
    await worker();
    const [one, other] = [await world.base(user), await world.base(user)];
    const only = await world.upload(user, 'Only here.', { knowledgeId: one });
    const shared = await world.upload(user, 'Here and there.', { knowledgeId: one });
    await world.caller.rpc.call(knowledge.addFiles, { knowledgeId: other, fileIds: [shared.id] }, call);
    await world.completed(only.id);
    await world.until(shared.id, (row) => row.state === 'completed', 'it to be completed');
    await world.caller.rpc.call(knowledge.reset, { knowledgeId: one }, call);
    await expectGone(only.id);
    expect(await scopesOf(shared.id)).toEqual(new Set([other]));
    await world.caller.rpc.call(knowledge.remove, { knowledgeId: other }, call);
    await expectGone(shared.id);
    expect(await world.count('knowledge_bases', 'id = $1', other)).toBe(0);
  }, 60_000);

  it('killed in the middle of a removal: the next process ends it', async () => {
    const first = await ownWorker();
    const base = await world.base(user);
    const files = await Promise.all(
      Array.from({ length: 12 }, () => world.upload(user, prose(20_000), { knowledgeId: base })),
    );
    for (const file of files) await world.completed(file.id);
    await world.caller.rpc.call(knowledge.remove, { knowledgeId: base }, call);
    await waitFor(async () => (await world.count('removals', 'tries > 0')) > 0, { intervalMs: 2, what: 'a removal' });
    await first.kill();
    await world.workers(1);
    for (const file of files) await expectGone(file.id);
  }, 90_000);

  it('an unreadable text is refused with its reason, and may be retried', async () => {
    await worker();
    const file = await world.upload(user, '   ', { name: 'blank.txt' });
    const row = await world.until(file.id, ({ state }) => state === 'failed', 'it to fail');
    expect(row.error?.message).toMatch(/\S/);
    expect(row).toMatchObject({ epoch: 1, owner: null });
    const again = await world.caller.rpc.call(files.retry, { fileId: file.id }, call);
    expect(again.data.status).toBe('pending');
    await world.until(file.id, (later) => later.state === 'failed' && later.epoch > 1, 'it to fail again');
  }, 60_000);

  it('a file that kills its workers fails after the maximum number of attempts', async () => {
    await world.endProcesses('worker');
    // Long enough that a worker can be met while it reads the text: afterwards it would begin to count anew.
    const file = await world.upload(user, prose(1_000_000));
    for (let n = 0; n < 3; n += 1) {
      // After two deaths it is a suspect, and what dies the third time is a process that the last worker has started for it.
      await world.workers(1, { MAX_INGESTION_ATTEMPTS: '3' });
      await world.until(
        file.id,
        (row) => row.state === 'processing' && row.epoch === n + 1 && row.chunk_count === null,
        'a worker to have it',
        60_000,
        2,
      );
      await world.killOwner(file.id);
    }
    const row = await world.until(file.id, ({ state }) => state === 'failed', 'it to be given up');
    expect(row).toMatchObject({ attempts: 3, error: { code: 'TOO_MANY_ATTEMPTS' } });
    await world.caller.rpc.call(files.retry, { fileId: file.id }, call);
    await world.completed(file.id);
    await expect(world.caller.rpc.call(files.retry, { fileId: file.id }, call)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    await expect(world.caller.rpc.call(files.retry, { fileId: randomUUID() }, call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }, 180_000);
});
