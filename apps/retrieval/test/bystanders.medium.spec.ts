import { embedding, files, searchIndex } from '@perennial/contracts-retrieval';
import { POISON } from '@perennial/provider-simulator';
import { waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newUser, prose, World } from './world';

const MODEL = 'sim-embed-poison500';
const SLOW_MODEL = 'sim-embed-long-text40';
const STORAGE = 1_000_000_000;
const poisonous = (n: number): string => `${prose(1_500)}\n\nHere is ${POISON} number ${n}.`;

/** Real: Postgres, Redis, LanceDB, the file system, the transport, a built retrieval process, which bears all of it. Not real: the embedder. */
describe('effects of one file or one user on others', () => {
  let world: World;
  const admin = newUser('admin');
  const [one, other] = [newUser(), newUser()];
  beforeAll(async () => {
    world = await World.start({ model: MODEL });
    await world.retrieval('all', { MAX_INGESTION_ATTEMPTS: '2', MAX_FILE_BYTES_PER_USER: String(STORAGE) });
  }, 120_000);
  afterEach(() => world.simulator.reset());
  afterAll(async () => {
    await world?.stop();
  });

  const status = () => world.caller.rpc.call(searchIndex.status, {}, { principal: admin });
  const modelAnswers = async (model: string) => {
    await world.caller.rpc.call(embedding.update, { model }, { principal: admin });
    return waitFor(
      async () => ((found) => found.active?.model === model && found.building === null && found)(await status()),
      { what: `${model} to answer`, timeoutMs: 30_000 },
    );
  };
  const failed = (fileId: string) => world.until(fileId, ({ state }) => state === 'failed', 'it to fail');
  const pausedS = async (): Promise<number> => {
    const { rows } = await world.db.query<{ s: number }>(
      `SELECT greatest(0, extract(epoch FROM paused_until - now()))::float8 AS s FROM indexes WHERE state = 'active'`,
    );
    return rows[0]?.s ?? 0;
  };

  it('texts on which the embedder fails only fail their own files, with the chunk named, and nothing pauses', async () => {
    const poisoned = [];
    for (let n = 0; n < 2; n += 1) poisoned.push(await world.upload(one, poisonous(n)));
    const healthy = [];
    for (let n = 0; n < 8; n += 1) healthy.push(await world.upload(other, prose(500)));
    for (const { id } of healthy) await world.completed(id);
    expect(
      await world.count('files', `error ->> 'code' = 'embedder' OR state = 'failed' AND user_id = $1`, other.userId),
    ).toBe(0);
    for (const { id } of poisoned) {
      const { error } = await failed(id);
      expect(error?.message).toMatch(
        /^Chunk \d+ of the text cannot be embedded\. The embedder: .*Simulated failure of a text/,
      );
    }
    expect(await pausedS()).toBe(0);
  }, 60_000);

  it('a text beyond its user’s storage fails the file, and none of it is kept', async () => {
    const user = newUser();
    const { id } = await world.upload(user, prose(500));
    await world.completed(id);
    await world.db.query('UPDATE files SET size = $2 WHERE id = $1', [id, STORAGE - 1_000_000]);
    const file = await world.upload(user, prose(700_000));
    expect((await failed(file.id)).error).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/^Your documents take 1001 MB of the 1000 MB allowed/),
    });
    expect(await world.count('chunks', 'file_id = $1', file.id)).toBe(0);
  }, 60_000);

  it('an embedder that asks for an hour’s pause gets a minute, and a retry is immediate', async () => {
    world.simulator.inject({ kind: 'status', status: 429, retryAfter: 3_600 }, 1, 'embeddings');
    const file = await world.upload(one, prose(500));
    await world.until(file.id, ({ state, error }) => state === 'pending' && error !== null, 'it to wait');
    await waitFor(async () => (await pausedS()) > 0, { what: 'the pause' });
    expect(await pausedS()).toBeLessThanOrEqual(60);
    const next = await world.upload(other, prose(500));
    await world.caller.rpc.call(files.retry, { fileId: file.id }, { principal: one });
    await world.completed(file.id, 20_000);
    await world.completed(next.id, 20_000);
  }, 60_000);

  it('a new key is used at once for all waiting files', async () => {
    world.simulator.inject({ kind: 'status', status: 401 }, 1, 'embeddings');
    const file = await world.upload(one, prose(500));
    await world.until(file.id, ({ state, error }) => state === 'pending' && error?.code === 'setup', 'it to wait');
    const url = `${world.simulator.url}/v1`;
    await world.caller.rpc.call(embedding.update, { openai: { url, key: 'sk-another' } }, { principal: admin });
    await world.completed(file.id, 12_000);
  }, 60_000);

  it('another embedding model answers although it refuses a document, which is listed and may be tried again', async () => {
    // The first model takes it, the second does not.
    const { rows } = await world.db.query<{ id: string }>(
      `SELECT f.id FROM files f JOIN chunks c ON c.file_id = f.id WHERE f.state = 'completed' LIMIT 1`,
    );
    const refused = rows[0]!.id;
    await world.db.query(
      `UPDATE chunks SET text = text || $2, hash = encode(sha256((text || $2)::bytea), 'hex') WHERE file_id = $1 AND ordinal = 0`,
      [refused, ` ${POISON}`],
    );
    const model = 'sim-embed-other-poison500';
    const now = await modelAnswers(model);
    expect(now.refused).toMatchObject({ total: 1, files: [{ fileId: refused, building: false, tries: 1 }] });
    expect(now.refused.files[0]!.error).toMatch(/^Chunk 1 of the text cannot be embedded/);
    const lacking = await world.count(
      'files f',
      `live_generation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM indexed i JOIN indexes x ON x.id = i.index_id AND x.state = 'active' WHERE i.file_id = f.id)`,
    );
    expect(lacking).toBe(1);
    // The model has learned the limit.
    await modelAnswers(SLOW_MODEL);
    expect((await status()).refused).toEqual({ total: 0, files: [] });
  }, 90_000);

  it('a file that has seen workers die is ingested at once, delays no other, and alone is charged with the death of its process', async () => {
    await modelAnswers(SLOW_MODEL);
    const long = await world.upload(one, prose(2_000_000));
    await world.reached(long.id, 'embed');
    await world.db.query('ALTER TABLE files ALTER COLUMN deaths SET DEFAULT 2');
    const suspect = await world.upload(one, prose(150_000));
    await world.db.query('ALTER TABLE files ALTER COLUMN deaths SET DEFAULT 0');
    const { owner } = await world.until(suspect.id, ({ state }) => state === 'processing', 'it to be begun');
    const { rows } = await world.db.query<{ instance: string }>('SELECT instance FROM processes WHERE id = $1', [
      owner,
    ]);
    expect(rows[0]!.instance).toMatch(/-quarantine-1$/);
    const short = await world.upload(other, 'Two lines that nobody holds back.\nNo more.');
    await world.completed(short.id);
    expect(await world.row(suspect.id)).toMatchObject({ state: 'processing', owner });
    await world.killOwner(suspect.id);
    // Progress clears earlier deaths, so their number depends on how far it had come.
    const dead = await world.until(
      suspect.id,
      (row) => row.owner !== owner && row.deaths > 0,
      'the death to be noticed',
    );
    expect(dead).toMatchObject({ attempts: 1 });
    expect(await world.row(long.id)).toMatchObject({ state: 'processing', attempts: 0, deaths: 0, epoch: 1 });
    for (const { id } of [suspect, long]) await world.caller.rpc.call(files.remove, { fileId: id }, { principal: one });
  }, 60_000);

  it('two long files of one user do not delay the short one of another', async () => {
    await modelAnswers(SLOW_MODEL);
    const long = [await world.upload(one, prose(2_000_000)), await world.upload(one, prose(2_000_000))];
    for (const { id } of long) await world.reached(id, 'embed');
    const short = await world.upload(other, 'Two lines.\nNo more.');
    await world.completed(short.id);
    const rows = await Promise.all(long.map(({ id }) => world.row(id)));
    expect(rows.map(({ state }) => state)).not.toContain('completed');
    // One continues in the slow lane; the other waits for that place.
    expect(rows.filter(({ slow }) => slow).length).toBeLessThanOrEqual(1);
    expect(rows.map(({ attempts }) => attempts)).toEqual([0, 0]);
    for (const { id } of long) await world.caller.rpc.call(files.remove, { fileId: id }, { principal: one });
  }, 60_000);
});
