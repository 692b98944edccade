import { randomUUID } from 'node:crypto';
import type { CallRequest } from '@perennial/contracts-kernel';
import { documents, embedding, files as fileCalls, searchIndex } from '@perennial/contracts-retrieval';
import { startSimulator } from '@perennial/provider-simulator';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, World } from './world';

const A = 'sim-embed-text1';
const B = 'sim-embed-other-text2';
const FACTS = 40;

/** Real: the built service (one that answers, two that work), Postgres, Redis, LanceDB; the embedder is the simulator. */
describe('another embedding model', () => {
  let world: World;
  const admin = newUser('admin');
  const user = newUser();
  let knowledgeId: string;
  let files: string[];

  const fact = (n: number, edition = 'first'): string => `The ${edition} keyword of lot ${n} is token${n}x${edition}.`;
  const text = (n: number, edition?: string): string =>
    `${fact(n, edition)}\n\n${Array.from({ length: 30 }, (_, k) => `Filler ${n} ${k} about weather and roads and corn.`).join(' ')}`;
  const ask = async (n: number, edition = 'first') =>
    world.caller.rpc.call(
      documents.query,
      { collections: [knowledgeId], query: `token${n}x${edition}`, k: 3 },
      { principal: user },
    );
  const status = () => world.caller.rpc.call(searchIndex.status, {}, { principal: admin });
  const choose = (changes: CallRequest<typeof embedding.update>) =>
    world.caller.rpc.call(embedding.update, changes, { principal: admin });
  const answering = (model: string, timeoutMs = 60_000) =>
    waitFor(
      async () => {
        const { active, building } = await status();
        return active?.model === model && building === null;
      },
      { what: `${model} to answer`, timeoutMs },
    );
  /** All points of the active collection, as `file generation ordinal`; equal for equal content. */
  const points = async (): Promise<string[]> => {
    const { rows } = await world.db.query<{ collection: string }>(
      `SELECT collection FROM indexes WHERE state = 'active'`,
    );
    const { points: all } = await world.vectors.scroll(rows[0]!.collection, { limit: 10_000 });
    return all.map(({ fileId, generation, ordinal }) => `${fileId} ${generation} ${ordinal}`).sort();
  };

  /** The expected points. */
  const livePoints = async (): Promise<string[]> => {
    const { rows } = await world.db.query<{ point: string }>(
      `SELECT p.file_id || ' ' || c.generation || ' ' || c.ordinal AS point FROM placements p JOIN files f ON f.id = p.file_id
         JOIN chunks c ON c.file_id = f.id AND c.generation = f.live_generation WHERE f.deleted_at IS NULL`,
    );
    return rows.map(({ point }) => point).sort();
  };
  /** Live files of four chunks; their points in the active index do not matter. */
  const plantMany = async (count: number): Promise<void> => {
    await world.db.query(
      `WITH planted AS (
         INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, state, queued_at, chunk_count)
         SELECT gen_random_uuid(), $1, 'planted', 'text/plain', 1, '', '', 1, 'completed', now(), 4 FROM generate_series(1, $2) RETURNING id),
       placed AS (INSERT INTO placements (file_id, scope) SELECT id, id FROM planted RETURNING file_id)
       INSERT INTO chunks (file_id, generation, ordinal, text, start_offset, end_offset, hash)
       SELECT id, 1, n, t, n * 100, n * 100 + 90, encode(sha256(t::bytea), 'hex')
         FROM planted, generate_series(0, 3) AS n, LATERAL (SELECT 'planted ' || n || ' ' || id AS t) texts`,
      [user.userId, count],
    );
    await world.db.query(
      `INSERT INTO indexed (index_id, file_id, scope, generation)
       SELECT i.id, f.id, f.id, 1 FROM files f, indexes i WHERE f.name = 'planted' AND i.state = 'active'`,
    );
  };
  /** How often the embedder got each findable text. */
  const timesEmbedded = async (): Promise<number[]> => {
    const { rows } = await world.db.query<{ hash: string }>(
      'SELECT DISTINCT c.hash FROM chunks c JOIN files f ON f.id = c.file_id AND f.live_generation = c.generation',
    );
    const { texts } = world.simulator.stats();
    return rows.map(({ hash }) => texts[hash]?.asked ?? 0);
  };

  beforeAll(async () => {
    world = await World.start();
    await world.retrieval('api', { RAG_EMBEDDING_MODEL: A });
    await world.workers(2, { RAG_EMBEDDING_MODEL: A, INDEX_GRACE_SECONDS: '3600' });
    knowledgeId = await world.base(user);
    files = [];
    for (let n = 0; n < FACTS; n += 1)
      files.push((await world.upload(user, text(n), { knowledgeId, name: `lot-${n}.txt` })).id);
    for (const id of files) await world.completed(id);
  });
  afterAll(async () => {
    await world?.stop();
  });

  it('takes over atomically: every search answers from one complete index', async () => {
    const before = await points();
    let stop = false;
    let searches = 0;
    const wrong: string[] = [];
    const models = new Set<string>();
    const searcher = async (): Promise<void> => {
      for (let n = 0; !stop; n = (n + 7) % FACTS) {
        const { documents, metadatas } = await ask(n);
        const used = new Set(metadatas.map((one) => one.embedding_config?.model ?? ''));
        for (const model of used) models.add(model);
        if (used.size !== 1 || documents.length !== 3 || documents[0]?.includes(fact(n)) !== true)
          wrong.push(`lot ${n}: ${documents.length} by ${[...used].join()}`);
        searches += 1;
      }
    };
    const searchers = Array.from({ length: 3 }, searcher);
    world.simulator.reset();
    await choose({ model: B });
    await answering(B);
    const switched = searches;
    await waitFor(() => searches > switched + 20, { what: 'searches after the switch' });
    stop = true;
    await Promise.all(searchers);
    expect(wrong).toEqual([]);
    expect(models).toEqual(new Set([A, B]));
    expect(await points()).toEqual(before);
    // Two workers were there, one has done it.
    expect(new Set(await timesEmbedded())).toEqual(new Set([1]));
    // The old one is kept for a while.
    expect(await world.count('indexes', `state = 'retired' AND activated_at IS NOT NULL`)).toBe(1);
  }, 60_000);

  it('is finished by others when workers are killed, and only open requests are repeated', async () => {
    await plantMany(300);
    const model = 'sim-embed-kills-text5';
    world.simulator.reset();
    await choose({ model });
    const progress: number[] = [];
    for (const reached of [0, 64, 128, 192]) {
      const { building } = await waitFor(
        async () => ((now) => (now.building?.done ?? 0) > reached && now)(await status()),
        {
          what: `more than ${reached} files in the new index`,
          timeoutMs: 30_000,
          intervalMs: 20,
        },
      );
      progress.push(building?.done ?? 0);
      // One of the two is the builder: both die.
      await world.endProcesses('worker');
      expect((await status()).active?.model).toBe(B);
      await world.workers(2, { RAG_EMBEDDING_MODEL: A });
    }
    await answering(model);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    expect(await points()).toEqual(await livePoints());
    const asked = await timesEmbedded();
    expect(Math.min(...asked)).toBe(1);
    // A kill repeats at most the open requests: four of 64.
    expect(asked.reduce((sum, times) => sum + times - 1, 0)).toBeLessThanOrEqual(4 * 4 * 64);
    await world.db.query(`DELETE FROM files WHERE name = 'planted'`);
    await world.db.query('DELETE FROM chunks c WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.id = c.file_id)');
  }, 120_000);

  it('reflects additions, replacements and deletions meanwhile', async () => {
    const model = 'sim-embed-meanwhile-text40';
    await choose({ model });
    await waitFor(async () => (await status()).building !== null, { what: 'the build to begin' });
    const added = await world.upload(user, text(100), { knowledgeId, name: 'lot-100.txt' });
    await world.replace(user, files[1]!, text(1, 'second'));
    await world.caller.rpc.call(fileCalls.remove, { fileId: files[2]! }, { principal: user });
    await world.completed(added.id);
    await world.until(files[1]!, (row) => row.live_generation === 2, 'the second edition to be found');
    const check = async (): Promise<void> => {
      expect((await ask(100)).documents[0]).toContain(fact(100));
      expect((await ask(1, 'second')).documents[0]).toContain(fact(1, 'second'));
      for (const documents of [(await ask(1)).documents, (await ask(2)).documents])
        expect(documents.join()).not.toMatch(/token(1|2)xfirst/);
    };
    await check();
    await answering(model);
    await check();
    await world.swept();
    files = [...files.filter((id) => id !== files[2]), added.id];
    expect(await points()).toEqual(await livePoints());
  }, 60_000);

  it('that is unreachable shows the reason and leaves the old one active; a correction is tried at once', async () => {
    const { active } = await status();
    const dead = 'http://127.0.0.1:9/v1';
    const { openai } = await world.caller.rpc.call(embedding.get, {}, { principal: admin });
    await choose({ engine: 'ollama', model: 'sim-embed-late', ollama: { url: dead, key: '' } });
    const stuck = await waitFor(async () => ((one) => one?.error !== null && one)((await status()).building), {
      what: 'the reason',
    });
    expect(stuck).toMatchObject({ engine: 'ollama', model: 'sim-embed-late', dimension: null });
    expect(stuck && stuck.error).toMatch(/cannot be reached/);
    expect((await status()).active).toEqual(active);
    expect((await ask(7)).documents[0]).toContain(fact(7));
    await choose({ ollama: { url: world.simulator.url, key: '' } });
    await answering('sim-embed-late');
    expect((await ask(7)).metadatas[0]?.embedding_config).toEqual({ engine: 'ollama', model: 'sim-embed-late' });
    await choose({ engine: 'openai', model: B, openai: { ...openai, key: '' } });
    await answering(B);
  }, 120_000);

  it('that fails during the build does not prevent new documents from being found', async () => {
    const other = await startSimulator();
    await choose({ engine: 'ollama', model: 'sim-embed-breaks-text30', ollama: { url: other.url, key: '' } });
    await waitFor(async () => (await status()).building?.dimension != null, { what: 'the build to begin' });
    await other.close();
    const added = await world.upload(user, text(200), { knowledgeId, name: 'lot-200.txt' });
    await world.completed(added.id);
    expect((await ask(200)).documents[0]).toContain(fact(200));
    const { building } = await waitFor(async () => ((now) => now.building?.error != null && now)(await status()), {
      what: 'the reason',
    });
    expect(building?.error).toMatch(/embedder/i);
    await choose({ engine: 'openai', model: B });
    expect((await status()).building).toBeNull();
  }, 60_000);

  it('may be changed during the build, and cancelled', async () => {
    await choose({ model: 'sim-embed-slow-text50' });
    await waitFor(async () => (await status()).building?.dimension != null, { what: 'the first build to begin' });
    const second = await choose({ model: 'sim-embed-slower-text50' });
    expect(second.index.building?.model).toBe('sim-embed-slower-text50');
    const third = await choose({ model: B });
    expect(third.index.building).toBeNull();
    expect(await world.count('indexes', `state = 'building'`)).toBe(0);
    // The builder has noticed, and nothing more comes.
    await waitFor(async () => (await status()).active?.model === B, { what: 'the old one to stay' });
    expect((await ask(9)).documents[0]).toContain(fact(9));
  });

  it('may be the same one: a reindex builds everything again, once for one click', async () => {
    const before = await status();
    const { building } = await world.caller.rpc.call(searchIndex.rebuild, {}, { principal: admin });
    expect(building?.model).toBe(B);
    await waitFor(
      async () => {
        const now = await status();
        return now.building === null && now.active?.id !== before.active?.id;
      },
      { what: 'the new index to answer', timeoutMs: 60_000 },
    );
    expect((await ask(11)).documents[0]).toContain(fact(11));
    // One click that arrives twice is one rebuild.
    const key = randomUUID();
    await world.caller.rpc.call(searchIndex.rebuild, {}, { principal: admin, key });
    await answering(B);
    const after = await status();
    await world.caller.rpc.call(searchIndex.rebuild, {}, { principal: admin, key });
    expect(await status()).toEqual(after);
  });

  it('may have changed its vectors under the same name: choosing it again indexes everything again', async () => {
    const { active } = await status();
    await world.db.query('UPDATE indexes SET dimension = 383 WHERE id = $1', [active?.id]);
    await expect(ask(12)).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'embedder' } });
    // Other changes start nothing.
    expect((await choose({ batchSize: 48 })).index.building).toBeNull();
    expect((await choose({ model: B })).index.building?.model).toBe(B);
    await waitFor(async () => (await status()).active?.dimension === 384, { what: 'the new index to answer' });
    expect((await ask(12)).documents[0]).toContain(fact(12));
  }, 60_000);
});
