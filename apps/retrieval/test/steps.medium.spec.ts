import { randomUUID } from 'node:crypto';
import { documents, retrievalSettings } from '@perennial/contracts-retrieval';
import { simulatedSpeech } from '@perennial/provider-simulator';
import { sleep, waitFor } from '@perennial/testing';
import { pointId } from '@perennial/vector-store';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FileRecord, type IngestionStep, newUser, prose, World } from './world';

/** Real: Postgres, Redis, LanceDB, the file system, the transport, built retrieval processes, killed. Not real: the embedder. */
describe('workers that die', () => {
  let world: World;
  const user = newUser();
  const text = prose(300_000);
  /** Ordinal and hash of each chunk of an undisturbed run. */
  let undisturbed: { ordinal: number; hash: string }[];

  beforeAll(async () => {
    world = await World.start({ model: 'sim-embed-text20' });
    await world.retrieval('api');
    await world.workers(1);
    const file = await world.upload(user, text);
    await world.completed(file.id);
    undisturbed = await chunks(file.id);
    await world.endProcesses('worker');
  }, 180_000);
  afterEach(() => world.endProcesses('worker'));
  afterAll(async () => {
    await world?.stop();
  });

  async function chunks(fileId: string): Promise<{ ordinal: number; hash: string }[]> {
    const { rows } = await world.db.query<{ ordinal: number; hash: string }>(
      'SELECT ordinal, hash FROM chunks WHERE file_id = $1 ORDER BY generation, ordinal',
      [fileId],
    );
    return rows;
  }

  /** Invariant at the end of every schedule: the result of an undisturbed run. */
  async function expectUndisturbed(fileId: string): Promise<FileRecord> {
    const row = await world.completed(fileId);
    expect(await chunks(fileId)).toEqual(undisturbed);
    expect((await world.points(fileId)).map(({ id }) => id)).toEqual(
      undisturbed.map(({ ordinal }) => pointId({ scope: fileId, fileId, generation: 1, ordinal })),
    );
    expect(row).toMatchObject({ live_generation: 1, chunk_count: undisturbed.length, owner: null, error: null });
    return row;
  }

  /** Vectors are computed again, so that every step takes its time. */
  const forgetVectors = (): Promise<unknown> => world.db.query('DELETE FROM embeddings_cache');

  /** A file whose worker was killed in the middle: a short step may be over before the kill, then it is another file's turn. */
  async function killedAt(step: IngestionStep): Promise<{ id: string }> {
    for (;;) {
      await forgetVectors();
      const [worker] = await world.workers(1);
      const file = await world.upload(user, text);
      await world.reached(file.id, step);
      await worker!.kill();
      if ((await world.row(file.id)).state === 'processing') return file;
    }
  }

  it.each(['split', 'embed', 'index'] as const)(
    'killed at the step %s: the next worker continues',
    async (step) => {
      const file = await killedAt(step);
      await world.workers(1);
      const row = await expectUndisturbed(file.id);
      expect(row.epoch).toBe(2);
    },
    90_000,
  );

  it('killed while a recording is transcribed: the next worker asks again, as often as the server wants', async () => {
    const admin = newUser('admin');
    const speech = {
      AUDIO_STT_ENGINE: 'openai' as const,
      AUDIO_STT_OPENAI_API_BASE_URL: `${world.simulator.url}/v1`,
      AUDIO_STT_MODEL: 'sim-hear',
    };
    await world.caller.rpc.call(retrievalSettings.update, speech, { principal: admin, key: randomUUID() });
    const [worker] = await world.workers(1);
    world.simulator.inject({ kind: 'stall', after: 0 }, 1, 'transcriptions');
    world.simulator.inject({ kind: 'status', status: 429, retryAfter: 1 }, 1, 'transcriptions');
    const asked = () => world.simulator.stats().transcriptions;
    const lines = Array.from({ length: 14 }, (_, at) =>
      at === 13 ? 'The lamp costs 4711 crowns.' : 'Nothing is said.',
    );
    const file = await world.upload(user, simulatedSpeech(lines).toString('latin1'), { name: 'talk.wav' });
    await waitFor(() => asked() === 1, { what: 'the first request' });
    await worker!.kill();
    await world.workers(1);
    expect(await world.completed(file.id)).toMatchObject({ chunk_count: 2, attempts: 0, error: null });
    expect(asked()).toBe(3);
    const items = [{ type: 'file' as const, id: file.id }];
    const found = await world.caller.rpc.call(
      documents.search,
      { queries: ['lamp crowns'], items },
      { principal: user },
    );
    expect(found.sources[0]?.metadata[0]).toMatchObject({ name: 'talk.wav', start_seconds: 60 });
  }, 90_000);

  it('a recording waits while its server restarts behind a proxy, and not for ever', async () => {
    await world.workers(1);
    world.simulator.inject({ kind: 'status', status: 503 }, 2, 'transcriptions');
    const file = await world.upload(user, simulatedSpeech(['Said.']).toString('latin1'), { name: 'talk.wav' });
    const isWaiting = (row: FileRecord) => row.state === 'pending' && row.error !== null;
    expect(await world.until(file.id, isWaiting, 'it to wait')).toMatchObject({
      attempts: 0,
      unanswered_since: expect.any(Date) as Date,
    });
    await world.db.query(
      `UPDATE files SET unanswered_since = now() - interval '25 hours', queued_at = now() - interval '1 hour', not_before = now() WHERE id = $1`,
      [file.id],
    );
    const { error } = await world.until(file.id, (row) => row.state === 'failed', 'it to be given up');
    expect(error).toMatchObject({ message: expect.stringContaining('has not answered for a day') as string });
  }, 60_000);

  it('six deaths at any moment: every file is completed like undisturbed', async () => {
    await world.workers(2);
    const files = [];
    for (let n = 0; n < 6; n += 1) {
      await forgetVectors();
      const file = await world.upload(user, text);
      files.push(file);
      const owner = await world.ownerOf(file.id);
      await sleep(Math.random() * 1_500);
      await owner.kill();
      await world.workers(1);
    }
    for (const file of files) await expectUndisturbed(file.id);
  }, 240_000);

  it('a worker hands its files over at once at SIGTERM, and no attempt is counted', async () => {
    await forgetVectors();
    await world.workers(2);
    const file = await world.upload(user, text);
    await world.reached(file.id, 'embed');
    const owner = await world.ownerOf(file.id);
    expect(await owner.stop()).toMatchObject({ code: 0 });
    expect(await expectUndisturbed(file.id)).toMatchObject({ epoch: 2, attempts: 0 });
  }, 90_000);

  it('a worker that was paused while its file went to another writes nothing more', async () => {
    await forgetVectors();
    const [sleeper] = await world.workers(1);
    const file = await world.upload(user, text);
    await world.reached(file.id, 'embed');
    sleeper!.pause();
    await world.workers(1);
    await expectUndisturbed(file.id);
    sleeper!.cont();
    await sleep(4_000);
    expect((await expectUndisturbed(file.id)).epoch).toBeGreaterThan(1);
    expect(sleeper!.running).toBe(true);
    const again = await world.upload(user, 'The sleeper is fit for work again.');
    await world.completed(again.id);
  }, 120_000);

  it('two workers get jobs for one file: one of them claims it', async () => {
    await forgetVectors();
    await world.workers(2);
    const file = await world.upload(user, text);
    await world.reached(file.id, 'embed');
    const { Queue } = await import('bullmq');
    const queue = new Queue('ingestion', {
      connection: { url: world.stores.redisUrl },
      prefix: `${world.prefix}:bull`,
    });
    for (let n = 0; n < 10; n += 1)
      await queue.add('ingestion', { fileId: file.id, epoch: 0, rank: 0 }, { jobId: `beside-${n}`, priority: 1 });
    await waitFor(async () => (await queue.getPrioritizedCount()) === 0, { what: 'the jobs to be taken' });
    await queue.close();
    expect(await expectUndisturbed(file.id)).toMatchObject({ epoch: 1 });
  }, 90_000);
});
