import { missingServer, qdrantBinary, type QdrantServer, sleep, startQdrant, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

/** Real: Postgres and Redis, really stopped and emptied; LanceDB, the file system, built retrieval processes. Not real: the embedder. */
describe('stores that go away', () => {
  let world: World;
  const user = newUser();
  beforeAll(async () => {
    world = await World.start({ apart: true });
    await world.retrieval('api');
  }, 120_000);
  afterEach(() => world.endProcesses('worker'));
  afterAll(async () => {
    await world?.stop();
  });

  const uploads = (count: number, characters = 20_000) =>
    Promise.all(Array.from({ length: count }, () => world.upload(user, prose(characters))));

  it('Redis restarts empty while files wait: none is lost', async () => {
    const files = await uploads(30, 500);
    await world.stores.redis.restartEmpty();
    await world.workers(1);
    for (const file of files) expect(await world.completed(file.id)).toMatchObject({ epoch: 1, attempts: 0 });
  }, 90_000);

  it('Redis restarts empty during ingestion', async () => {
    await world.workers(2);
    const files = await uploads(12, 60_000);
    await world.until(files[0]!.id, (row) => row.state === 'processing', 'work to begin');
    await world.stores.redis.restartEmpty();
    for (const file of files) expect(await world.completed(file.id)).toMatchObject({ attempts: 0 });
  }, 90_000);

  it('Postgres hangs for 4 s: no process is taken for dead', async () => {
    await world.workers(2);
    const files = await uploads(4, 200_000);
    for (const file of files.slice(0, 2)) await world.reached(file.id, 'embed');
    await world.stores.postgres.pause();
    await sleep(4_000);
    await world.stores.postgres.cont();
    for (const file of files) expect(await world.completed(file.id)).toMatchObject({ attempts: 0 });
  }, 90_000);

  it('Postgres is restarted: active files continue, no attempt is counted', async () => {
    await world.workers(2);
    const files = await uploads(4, 200_000);
    await world.reached(files[0]!.id, 'embed');
    await world.stores.postgres.kill();
    await sleep(2_000);
    await world.stores.postgres.start();
    for (const file of files) expect(await world.completed(file.id)).toMatchObject({ attempts: 0 });
  }, 120_000);

  it('the embedder does not answer for a while: files wait, no attempt is counted', async () => {
    await world.workers(1);
    world.simulator.inject({ kind: 'status', status: 503 }, 40, 'embeddings');
    const files = await uploads(2);
    await world.until(
      files[0]!.id,
      (row) => row.error !== null && row.state !== 'failed',
      'it to be told why it waits',
      40_000,
    );
    world.simulator.inject({ kind: 'status', status: 503 }, 0, 'embeddings');
    for (const file of files)
      expect(await world.completed(file.id, 90_000)).toMatchObject({ attempts: 0, error: null });
  }, 150_000);

  it('a source of a kind that only the next version knows is left to it', async () => {
    const baseId = await world.base(user);
    await world.db.query(
      `INSERT INTO knowledge_sources (id, base_id, user_id, config, queued_at)
       SELECT gen_random_uuid(), $1, $2, jsonb_build_object('type', type), now() - age * interval '1 minute'
         FROM (VALUES ('later', 2), ('git', 1)) AS kinds (type, age)`,
      [baseId, user.userId],
    );
    await world.workers(1);
    const claimed = (type: string) => world.count('knowledge_sources', `epoch > 0 AND config ->> 'type' = $1`, type);
    await waitFor(async () => (await claimed('git')) === 1, { what: 'the source that is known to be claimed' });
    expect(await claimed('later')).toBe(0);
    await world.db.query('DELETE FROM knowledge_sources');
  }, 60_000);

  it('the vector store has lost the collection: it is recreated, and no attempt is counted', async () => {
    await world.workers(1);
    const [before] = await uploads(1);
    await world.completed(before!.id);
    const { rows } = await world.db.query<{ collection: string }>(
      `SELECT collection FROM indexes WHERE state = 'active'`,
    );
    await world.vectors.dropCollection(rows[0]!.collection);
    const [file] = await uploads(1);
    const row = await world.completed(file!.id);
    expect(row).toMatchObject({ attempts: 0, error: null });
    expect(await world.points(file!.id)).toHaveLength(row.chunk_count!);
  }, 90_000);
});

const missing = await missingServer('Qdrant', () => qdrantBinary());

/** Real: Qdrant, really killed; Postgres, Redis, the file system, built retrieval processes. Not real: the embedder. */
describe.skipIf(missing)('a vector store on the network', () => {
  let world: World;
  let qdrant: QdrantServer;
  const user = newUser();
  beforeAll(async () => {
    qdrant = await startQdrant();
    world = await World.start({ store: { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url } });
    await world.retrieval('api');
    await world.workers(1);
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    await qdrant?.stop();
  });

  it('is away for 10 s under load: files wait, nothing is lost, embedded twice or counted as an attempt', async () => {
    const first = await world.upload(user, 'Before it went away.');
    await world.completed(first.id);
    world.simulator.reset();
    const files = [];
    for (let n = 0; n < 10; n += 1) files.push(await world.upload(user, prose(20_000)));
    await qdrant.kill();
    for (let n = 0; n < 10; n += 1) {
      files.push(await world.upload(user, prose(20_000)));
      // Together several times as long as files pause that wait for a store.
      await sleep(1_000);
    }
    const waiting = await world.count('files', `state = 'pending' AND error ->> 'code' = 'UNAVAILABLE'`);
    expect(waiting).toBeGreaterThan(0);
    expect(await world.count('files', `state = 'failed'`)).toBe(0);
    await qdrant.start();
    for (const file of files) {
      const row = await world.completed(file.id);
      expect(row).toMatchObject({ attempts: 0, error: null });
      expect(await world.points(file.id)).toHaveLength(row.chunk_count!);
    }
    const { texts } = world.simulator.stats();
    expect(Object.values(texts).filter(({ asked }) => asked > 1)).toEqual([]);
  }, 180_000);
});
