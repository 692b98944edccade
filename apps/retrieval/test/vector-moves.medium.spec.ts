import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import type { CallRequest, UserPrincipal } from '@perennial/contracts-kernel';
import {
  documents,
  files as fileCalls,
  toBlobKey,
  vectorMove,
  type VectorMoveStatus,
} from '@perennial/contracts-retrieval';
import { readEnv } from '@perennial/runtime';
import {
  chromaCommand,
  type ChromaServer,
  freePort,
  type ManagedProcess,
  missingServer,
  pgvectorFiles,
  type PostgresServer,
  qdrantBinary,
  type QdrantServer,
  startChroma,
  startPostgres,
  startQdrant,
  waitFor,
} from '@perennial/testing';
import { createVectorStores, pointId, type PointRef, vectorStoreEnv, type VectorStores } from '@perennial/vector-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newUser, World } from './world';

const missing =
  (await missingServer('Qdrant', qdrantBinary)) ??
  (await missingServer('pgvector', () => pgvectorFiles())) ??
  (await missingServer('Chroma', () => chromaCommand()));
const PLANTED = 200;
const FACTS = 12;

/**
 * Real: the built service (one process that answers, one or two that work), Postgres, Redis, LanceDB, pgvector, Qdrant and Chroma; the
 * embedder is the simulator. One deployment moves through all stores.
 */
describe.skipIf(missing)('documents that are moved to another vector store', () => {
  let world: World;
  let pgvector: PostgresServer;
  let qdrant: QdrantServer;
  let chroma: ChromaServer;
  let vectors: VectorStores;
  let env: Record<string, string>;
  let worker: ManagedProcess;
  let knowledgeId: string;
  let lots: { id: string; n: number }[];
  let placedId: string;
  let next = 0;
  const admin = newUser('admin');
  const user = newUser();
  const placed: UserPrincipal = { ...newUser(), placement: 'eu' };

  const fact = (n: number): string => `The keyword of lot ${n} is token${n}x.`;
  const ask = (n: number) =>
    world.caller.rpc.call(documents.query, { collections: [knowledgeId], query: fact(n), k: 1 }, { principal: user });
  const upload = async (): Promise<{ id: string; n: number }> => {
    const n = next++;
    return { id: (await world.upload(user, fact(n), { knowledgeId, name: `lot-${n}.txt` })).id, n };
  };
  const remove = (fileId: string) => world.caller.rpc.call(fileCalls.remove, { fileId }, { principal: user });
  const status = (principal = admin) => world.caller.rpc.call(vectorMove.status, {}, { principal });
  const start = (request: CallRequest<typeof vectorMove.start>, principal = admin) =>
    world.caller.rpc.call(vectorMove.start, request, { principal });
  const act = (action: 'pause' | 'cancel' | 'finish', principal = admin) =>
    world.caller.rpc.call(vectorMove[action], {}, { principal });
  const until = (what: string, look: (now: VectorMoveStatus) => boolean, timeoutMs = 40_000) =>
    waitFor(async () => ((now) => look(now) && now)(await status()), { what, timeoutMs, intervalMs: 50 });
  const answers = (store: string) => until(`${store} to answer`, ({ active, moving }) => active === store && !moving);

  /** The ids that a store has of the index with this state. */
  const idsIn = async (store: string, state = 'active'): Promise<string[]> => {
    const condition = state === 'former' ? 'former_since IS NOT NULL' : `state = '${state}'`;
    const { rows } = await world.db.query<{ collection: string }>(
      `SELECT collection FROM indexes WHERE ${condition} AND store = $1`,
      [store],
    );
    const points: PointRef[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await vectors.at(null, store).scroll(rows[0]!.collection, { cursor, limit: 5_000 });
      points.push(...page.points);
      cursor = page.cursor;
      if (cursor === undefined) return points.map(({ id }) => id).sort();
    }
  };
  /** The ids that there should be. */
  const liveIds = async (): Promise<string[]> => {
    const { rows } = await world.db.query<Omit<PointRef, 'id'>>(
      `SELECT p.scope, c.file_id AS "fileId", c.generation, c.ordinal FROM placements p JOIN files f ON f.id = p.file_id
         JOIN chunks c ON c.file_id = f.id AND c.generation = f.live_generation
        WHERE f.deleted_at IS NULL AND f.residence IS NULL`,
    );
    return rows.map((ref) => pointId(ref)).sort();
  };
  const expectWhole = async (store: string): Promise<void> => {
    await world.swept();
    const live = await liveIds();
    expect(live.length).toBeGreaterThan(PLANTED * 4);
    await waitFor(async () => (await idsIn(store)).length === live.length, { what: `the points in ${store}` });
    expect(await idsIn(store)).toEqual(live);
  };
  const startWorker = async (): Promise<void> => {
    worker = await world.retrieval('worker', env);
  };

  const uploadPlaced = async (): Promise<void> => {
    placedId = randomUUID();
    const blobs = await createBlobStore(readEnv(z.object(blobStoreEnv), env, { service: 'test' }));
    const bytes = Readable.from([Buffer.from(fact(9_999))]);
    const stored = await blobs.put(toBlobKey(placedId, '1', 'eu'), bytes, { maxBytes: 1e6 });
    await blobs.close();
    const request = { fileId: placedId, name: 'eu.txt', contentType: 'text/plain', ...stored };
    await world.caller.rpc.call(fileCalls.register, request, { principal: placed, key: placedId });
    await world.completed(placedId);
  };

  /** Live files of four chunks that no index has; the upkeep writes them. */
  const plant = (count: number) =>
    world.db.query(
      `WITH planted AS (
         INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, state, queued_at, chunk_count, created_at, updated_at)
         SELECT gen_random_uuid(), $1, 'planted', 'text/plain', 1, '', '', 1, 'completed', now(), 4, now() - interval '1 day', now() - interval '1 day'
           FROM generate_series(1, $2) RETURNING id),
       placed AS (INSERT INTO placements (file_id, scope, created_at) SELECT id, id, now() - interval '1 day' FROM planted RETURNING file_id)
       INSERT INTO chunks (file_id, generation, ordinal, text, start_offset, end_offset, hash)
       SELECT id, 1, n, t, n * 100, n * 100 + 90, encode(sha256(t::bytea), 'hex')
         FROM planted, generate_series(0, 3) AS n, LATERAL (SELECT 'planted ' || n || ' ' || id AS t) texts`,
      [user.userId, count],
    );

  beforeAll(async () => {
    [world, pgvector, qdrant, chroma] = await Promise.all([
      World.start({ model: 'sim-embed' }),
      startPostgres({ pgvector: await pgvectorFiles() }),
      startQdrant(),
      startChroma(),
    ]);
    const timeout = { VECTOR_DB_TIMEOUT_MS: '2000' };
    env = {
      DATA_DIR: world.dataDir,
      VECTOR_STORES: JSON.stringify({
        pgvector: { VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: pgvector.url, ...timeout },
        qdrant: { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url, ...timeout },
        chroma: { ...chroma.env, ...timeout },
      }),
      PLACEMENTS: JSON.stringify({
        eu: {
          blobs: 'default',
          vectors: { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url, QDRANT_COLLECTION_PREFIX: 'eu' },
          connections: [`${world.simulator.url}/v1`],
        },
      }),
      RECONCILE_INTERVAL_SECONDS: '1',
    };
    const schema = z.object({ ...vectorStoreEnv, DATABASE_URL: z.string() });
    const source = { ...env, DATABASE_URL: world.stores.databaseUrl };
    vectors = createVectorStores(readEnv(schema, source, { service: 'test' }));
    await Promise.all([world.retrieval('api', env), startWorker()]);
    knowledgeId = await world.base(user);
    lots = [];
    for (let n = 0; n < FACTS; n += 1) lots.push(await upload());
    for (const { id } of lots) await world.completed(id);
    await Promise.all([plant(PLANTED), uploadPlaced()]);
    await expectWhole('default');
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    await Promise.all([vectors?.close(), pgvector?.stop(), qdrant?.stop(), chroma?.stop()]);
  });

  it('are not moved to a store that is not declared, nor by other people than administrators', async () => {
    await expect(start({ to: 'pinecone' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(
        'There is no vector store "pinecone". VECTOR_STORES and VECTOR_STORE_NAME declare default, pgvector',
      ),
    });
    const actions = (['pause', 'cancel', 'finish'] as const).map((action) => act(action, user));
    for (const work of [status(user), start({ to: 'qdrant' }, user), ...actions])
      await expect(work).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    for (const action of ['pause', 'cancel', 'finish'] as const)
      await expect(act(action)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await status()).toEqual({
      stores: ['default', 'pgvector', 'qdrant', 'chroma'],
      ...{ active: 'default', moving: null, former: null, comparison: null },
    });
  });

  it('wait while a process does not know the store, and say which one', async () => {
    await start({ to: 'pgvector', pointsPerSecond: 100 });
    // Under way, and held until the other process is there.
    await act('pause');
    const stranger = await world.retrieval('api', { PLACEMENTS: env['PLACEMENTS']! });
    await world.db.query('UPDATE index_builds SET paused = false');
    const refusal = `Not every retrieval process has the vector store "pgvector" as it is declared here: ${stranger.name}.`;
    const stuck = await until('the reason', ({ moving }) => moving?.error != null);
    expect(stuck).toMatchObject({ active: 'default', moving: { error: expect.stringContaining(refusal) } });
    // Whichever of the two answers: the stranger itself does not know the name.
    await expect(start({ to: 'pgvector' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(FAILED_PRECONDITION|INVALID_ARGUMENT)$/),
    });
    await stranger.kill();
    // Tried at once, as soon as the process is known to be gone.
    await waitFor(() => start({ to: 'pgvector' }).catch(() => undefined), { what: 'the move to go on' });
    expect(await answers('pgvector')).toMatchObject({
      former: { store: 'default' },
      comparison: { samples: 100, equal: 100, searches: 100 },
    });
    await expectWhole('pgvector');
  }, 90_000);

  it.each([
    ['pgvector', 'qdrant'],
    ['qdrant', 'chroma'],
  ])(
    'go from %s to %s while people search, add and delete, and the worker that moves them is killed',
    async (from, to) => {
      // Rows of the cache are removed a while after their last use: vectors are copied then, not asked for again.
      await world.db.query(`DELETE FROM embeddings_cache`);
      world.simulator.reset();
      let stop = false;
      const wrong: string[] = [];
      let searches = 0;
      const searcher = async (): Promise<void> => {
        for (let n = 0; !stop; n = (n + 5) % FACTS) {
          const found = await ask(n).then(
            ({ documents: texts }) => texts[0] ?? 'nothing',
            (error: Error) => error.message,
          );
          if (found !== fact(n)) wrong.push(`lot ${n}: ${found}`);
          searches += 1;
        }
      };
      const gone: number[] = [];
      const writer = async (): Promise<void> => {
        while (!stop) {
          const lot = await upload();
          await world.completed(lot.id);
          // Every other one goes again, also such as were moved already.
          if (lot.n % 2 === 0) lots.push(lot);
          else {
            await remove(lot.id);
            gone.push(lot.n);
          }
        }
      };
      const busy = [searcher(), searcher(), writer()];
      await start({ to, pointsPerSecond: 500 });
      await until('the move to be in its midst', ({ moving }) => (moving?.done ?? 0) > PLANTED / 4);
      await worker.kill();
      expect(await status()).toMatchObject({ active: from, moving: { to } });
      // The lease of the killed worker ends by itself the first time; it is not waited for twice.
      if (to === 'chroma') await world.db.query(`UPDATE index_builds SET lease_until = '-infinity'`);
      await startWorker();
      const { comparison } = await answers(to);
      const [switched, added] = [searches, next];
      await waitFor(() => searches > switched + 10 && next > added, { what: 'searches and uploads after the switch' });
      stop = true;
      await Promise.all(busy);
      expect(wrong).toEqual([]);
      await expectWhole(to);
      // The former store is still written.
      const live = await liveIds();
      await waitFor(async () => (await idsIn(from, 'former')).length === live.length, { what: 'the former store' });
      expect(await idsIn(from, 'former')).toEqual(live);
      expect(comparison).toMatchObject({ samples: 100, equal: 100, searches: 100 });
      expect(comparison?.recall).toBeGreaterThanOrEqual(0.99);
      process.stdout.write(`${from} to ${to}: ${JSON.stringify({ ...comparison, answered: searches })}\n`);
      for (const n of gone) expect((await ask(n)).documents[0]).not.toBe(fact(n));
      const planted = Object.keys(world.simulator.stats().texts).length;
      // Only what was uploaded meanwhile, and questions.
      expect(planted).toBeLessThan(PLANTED);
    },
    120_000,
  );

  it('go back to the former store without a loss, and it is dropped at the end of its grace', async () => {
    const lot = await upload();
    await world.completed(lot.id);
    await start({ to: 'qdrant' });
    expect(await answers('qdrant')).toMatchObject({ former: { store: 'chroma' } });
    expect((await ask(lot.n)).documents[0]).toBe(fact(lot.n));
    await expectWhole('qdrant');
    expect((await act('finish')).former).toBeNull();
    await world.db.query(`UPDATE indexes SET retired_at = now() - interval '2 hours' WHERE state = 'retired'`);
    await waitFor(async () => (await vectors.at(null, 'chroma').listCollections()).length === 0, {
      what: 'the collections of the former store to be dropped',
    });
    await expect(act('finish')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  }, 60_000);

  it('pause, and wait for a store that is away, while files are added and deleted; what it lost or kept wrongly is found before it answers', async () => {
    await start({ to: 'pgvector', pointsPerSecond: 150 });
    await expect(start({ to: 'chroma' })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'The documents are being moved to "pgvector". Wait, or cancel that first.',
    });
    await until('the move to be in its midst', ({ moving }) => (moving?.done ?? 0) > 20);
    expect((await act('pause')).moving).toMatchObject({ paused: true });
    let last: number | undefined;
    await waitFor(
      async () => {
        const before = last;
        last = (await status()).moving?.done;
        return before === last;
      },
      { what: 'the filling to stop', intervalMs: 500 },
    );
    expect(last).toBeLessThan(PLANTED);
    const { rows } = await world.db.query<{ collection: string; id: string }>(
      `SELECT x.collection, f.id FROM files f JOIN indexed i ON i.file_id = f.id JOIN indexes x ON x.id = i.index_id AND x.state = 'building'
        WHERE f.name = 'planted' LIMIT 8`,
    );
    const [lost, deleted] = [rows.slice(0, 3), rows.slice(3)];
    await vectors.at(null, 'pgvector').delete(lost[0]!.collection, { fileIds: lost.map(({ id }) => id) });
    await pgvector.kill();
    for (const { id } of deleted) await remove(id);
    const lot = await upload();
    await world.completed(lot.id);
    expect((await ask(lot.n)).documents[0]).toBe(fact(lot.n));
    await start({ to: 'pgvector' });
    const stuck = await until('the reason', ({ moving }) => moving?.error != null);
    expect(stuck.moving?.error).toContain('The vector store "pgvector": ');
    // More than any store can find.
    await world.db.query('UPDATE index_builds SET min_recall = 1.5');
    await pgvector.start();
    const stopped = await until('the move to stop', ({ moving }) => moving?.paused === true);
    expect(stopped.moving?.error).toMatch(/^The vector store "pgvector" finds .* and 150 % is asked for$/);
    await start({ to: 'pgvector' });
    await answers('pgvector');
    await expectWhole('pgvector');
    expect((await ask(lot.n)).documents[0]).toBe(fact(lot.n));
  }, 90_000);

  it('are not moved out of the store of a placement', async () => {
    const found = await world.caller.rpc.call(
      documents.query,
      { collections: [`file-${placedId}`], query: fact(9_999), k: 1 },
      { principal: placed },
    );
    expect(found.documents[0]).toBe(fact(9_999));
    for (const [name, store] of vectors.named)
      for (const { name: collection } of await store.listCollections())
        expect([name, await store.count(collection, { fileIds: [placedId] })]).toEqual([name, 0]);
  });

  it('go back while the store that answers is away, uncompared', async () => {
    await pgvector.kill();
    await start({ to: 'qdrant', minRecall: 0 });
    expect(await answers('qdrant')).toMatchObject({ former: { store: 'pgvector' }, comparison: { searches: 0 } });
    const { n } = lots.at(-1)!;
    expect((await ask(n)).documents[0]).toBe(fact(n));
    await pgvector.start();
    await expectWhole('qdrant');
  }, 60_000);

  it('are given up in the new store, and nothing is left there', async () => {
    await act('finish');
    await start({ to: 'default', pointsPerSecond: 300 });
    await until('the move to begin', ({ moving }) => (moving?.done ?? 0) > 0);
    expect(await act('cancel')).toMatchObject({ active: 'qdrant', moving: null, former: null });
    await world.db.query(`UPDATE indexes SET retired_at = now() - interval '2 hours' WHERE state = 'retired'`);
    await waitFor(async () => (await vectors.at(null, 'default').listCollections()).length === 0, {
      what: 'the collection to be dropped',
    });
    await expectWhole('qdrant');
  }, 60_000);

  it('are found beside a process that does not know their store: it says so, is not ready, and others are asked', async () => {
    const port = await freePort();
    const others = { PLACEMENTS: env['PLACEMENTS']!, HEALTH_PORT: String(port) };
    const stranger = await world.retrieval('api', others, 'live');
    const problem = 'the documents are in the vector store \\"qdrant\\", which this process does not know';
    await waitFor(
      async () => {
        const reply = await fetch(`http://127.0.0.1:${port}/health/ready`);
        return reply.status === 503 && (await reply.text()).includes(problem);
      },
      { what: 'the process to say what it lacks' },
    );
    const { n } = lots.at(-1)!;
    // Some of them reach it first.
    const found = await Promise.all(Array.from({ length: 30 }, () => ask(n)));
    for (const { documents: texts } of found) expect(texts[0]).toBe(fact(n));
    await stranger.kill();
  }, 30_000);

  it('are found when their store is the only one that is declared, under its name', async () => {
    await world.endProcesses();
    const { PLACEMENTS } = env;
    const own = { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url, VECTOR_STORE_NAME: 'qdrant' };
    await world.retrieval('all', { ...own, PLACEMENTS: PLACEMENTS! });
    expect(await status()).toMatchObject({ stores: ['qdrant'], active: 'qdrant' });
    const lot = await upload();
    await world.completed(lot.id);
    for (const n of [0, lot.n]) expect((await ask(n)).documents[0]).toBe(fact(n));
    await expectWhole('qdrant');
  }, 60_000);
});
