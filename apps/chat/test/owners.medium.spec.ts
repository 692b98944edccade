import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killInstance, type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import { Queue } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { Turn, World } from './world';

/** Input that blocks a thread for ever during an answer of this model; once, as the file records. */
const standsStill = (model: string, flag: string): string => `
  import { isMainThread } from 'node:worker_threads';
  import { existsSync, writeFileSync } from 'node:fs';
  const parse = JSON.parse;
  let seen = 0;
  if (!isMainThread)
    JSON.parse = (text, reviver) => {
      if (text.includes('"${model}"') && ++seen > 60 && !existsSync('${flag}')) {
        writeFileSync('${flag}', '');
        for (;;);
      }
      return parse(text, reviver);
    };`;

/**
 * Real: Postgres, Redis, the transport, built chat processes that are really killed and paused. Not real: config, the provider.
 */
describe('owners that die, sleep and come back', () => {
  let world: World;
  inWorld(
    async (started) => {
      world = started;
      await world.chat('api');
    },
    { apart: true },
  );
  afterEach(() => world.endProcesses('worker'));

  async function other(owner: ManagedProcess): Promise<ManagedProcess> {
    return world.processes.find(
      (handle) => handle.running && handle !== owner && handle.name.startsWith('chat-worker'),
    )!;
  }

  /** Pauses the owner while its reader is ahead of the durable text, which is nearly always. */
  async function heldAhead(owner: ManagedProcess, { runId }: Turn, reader: { text: string }): Promise<boolean> {
    owner.pause();
    await sleep(50);
    const isAhead = reader.text.length > (await world.snapshot(runId)).position.offset;
    if (!isAhead) owner.cont();
    return isAhead;
  }

  it.each([
    ['continues after the text', 'continue_final_message', 'sim-t900-r300-x'],
    ['begins a new generation', 'none', 'sim-t900-r300-x'],
  ] as const)(
    'schedule 1: live text ahead of durable text at the kill; the claimant %s',
    async (_, continuation, model) => {
      world.answers.continuation = continuation;
      await world.workers(2);
      const turn = await world.ask({ model });
      const reader = await world.follow(turn.runId);
      await reader.has(900);
      const owner = await world.ownerOf(turn.runId);
      await waitFor(() => heldAhead(owner, turn, reader), { what: 'live text ahead of durable text' });
      await owner.kill();
      await world.until(turn.runId, (row) => row.epoch === 2, 'epoch 2');
      const row = await world.complete(turn, reader);
      expect(row).toMatchObject({ epoch: 2, deaths: 1 });
      expect(world.calls(turn.prompt)).toBe(2);
      world.answers.continuation = 'continue_final_message';
    },
    60_000,
  );

  it('schedule 2: the owner is paused for 8 s, is taken over, resumes and writes on', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t560-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(600);
    const owner = await world.ownerOf(turn.runId);
    owner.pause();
    await world.until(turn.runId, (row) => row.epoch === 2, 'epoch 2');
    await sleep(5_000);
    owner.cont();
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 2, deaths: 1 });
    expect(await world.metricsOf(owner)).toContain('perennial_declared_dead_total{service="chat"} 1');
    const judges = world.processes.filter((each) => each.running && each !== owner);
    const judging = (await Promise.all(judges.map((each) => world.metricsOf(each)))).join('\n');
    expect(judging).toMatch(/perennial_peers_suspected_total\{service="chat"\} [1-9]/);
    expect(judging).toMatch(/perennial_peers_declared_dead_total\{service="chat"\} [1-9]/);
    // The process that was paused works again.
    await (await other(owner)).kill();
    const next = await world.ask({ model: 'sim-t20-r100-x' });
    await world.complete(next, await world.follow(next.runId));
  }, 60_000);

  it('schedule 6: the loop of the worker is blocked beyond the lock of its job', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t580-r30-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(200);
    const owner = await world.ownerOf(turn.runId);
    owner.pause();
    await sleep(17_000);
    owner.cont();
    const row = await world.complete(turn, reader, 60_000);
    expect(row).toMatchObject({ epoch: 2, deaths: 1 });
    expect(world.calls(turn.prompt)).toBe(2);
  }, 90_000);

  it('schedule 6: a job is over as soon as its run is claimed, and one that comes twice finds nothing to claim', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t400-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(200);
    const jobId = `${turn.runId}-0`;
    const job = `${world.prefix}:bull:runs:${jobId}`;
    expect(await world.commands.exists(job)).toBe(0);
    const queue = new Queue('runs', { connection: { url: world.stores.redisUrl }, prefix: `${world.prefix}:bull` });
    await queue.add('runs', { runId: turn.runId, epoch: 0 }, { jobId });
    await waitFor(async () => (await world.commands.exists(job)) === 0, { what: 'the job to be dropped' });
    await queue.close();
    expect((await world.row(turn.runId)).state).toBe('running');
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 1, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  /** Keeps the finish of a turn from committing, by a lock on its message's row. */
  async function holdFinish(turn: Turn): Promise<() => Promise<void>> {
    const client = await world.db.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM messages WHERE chat_id = $1 AND id = $2 FOR UPDATE', [
      turn.chatId,
      turn.messageId,
    ]);
    return async () => {
      // The dead worker's statement would still commit once the row is unlocked.
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ended AS%'`,
      );
      await client.query('ROLLBACK');
      client.release();
    };
  }

  it("schedule 7: killed after the provider's last token, before the finish", async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t40-r60-x' });
    const free = await holdFinish(turn);
    const reader = await world.follow(turn.runId);
    await world.until(turn.runId, (row) => row.provider_end !== null, "the provider's end");
    await (await world.ownerOf(turn.runId)).kill();
    await free();
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 2, deaths: 1 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('schedule 7: killed after the finish, before the event', async () => {
    await world.workers(2);
    const turn = await world.ask({ model: 'sim-t60-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(150);
    const owner = await world.ownerOf(turn.runId);
    await world.stores.redis.pause();
    await world.until(turn.runId, (row) => row.state === 'completed', 'the finish in Postgres');
    expect((await world.row(turn.runId)).published_at).toBeNull();
    await owner.kill();
    await world.stores.redis.cont();
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 1, deaths: 0 });
    await world.until(turn.runId, ({ published_at }) => published_at !== null, 'the sweeper to mark it');
    await sleep(1_500);
    expect(reader.faults).toEqual([]);
  }, 60_000);

  it('a blocked thread costs its answer a death, the others a moment, and the process nothing', async () => {
    const flag = join(tmpdir(), `stood-still-${randomUUID()}`);
    const [worker] = (await world.workers(1, {
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(standsStill('sim-t301-r60-x', flag))}"`,
    })) as [ManagedProcess];
    const turns = await Promise.all(['sim-t301-r60-x', 'sim-t400-r60-x'].map((model) => world.ask({ model })));
    const readers = await Promise.all(turns.map(({ runId }) => world.follow(runId)));
    const [poison, bystander] = await Promise.all(turns.map((turn, n) => world.complete(turn, readers[n]!)));
    expect(existsSync(flag)).toBe(true);
    expect(poison).toMatchObject({ epoch: 2, deaths: 1 });
    expect(bystander).toMatchObject({ epoch: 2, deaths: 0 });
    expect(worker.running).toBe(true);
    expect(await world.metricsOf(worker)).toContain('perennial_stream_threads_lost_total{service="chat"} 1');
    rmSync(flag);
  }, 60_000);

  /** Kills the process that writes the run: a worker, or its quarantine process. */
  async function killWriter(runId: string): Promise<void> {
    const { rows } = await world.db.query<{ instance: string }>(
      'SELECT p.instance FROM runs r JOIN processes p ON p.id = r.owner WHERE r.id = $1',
      [runId],
    );
    await killInstance(world.processes, rows[0]!.instance);
  }

  it('schedule 8: a run that kills its workers fails after a death that it was alone in, and other runs are not charged', async () => {
    const bystanders = await Promise.all(Array.from({ length: 3 }, () => world.ask({ model: 'sim-t30-r60-x' })));
    const poison = await world.ask({ model: 'sim-t900-r30-x' });
    const reader = await world.follow(poison.runId);
    const readers = await Promise.all(bystanders.map(({ runId }) => world.follow(runId)));
    // The state after two workers died with all of them.
    await world.db.query('UPDATE runs SET deaths = 2 WHERE id = ANY ($1::uuid[])', [
      [poison, ...bystanders].map(({ runId }) => runId),
    ]);
    const [worker] = (await world.workers(1, { MAX_RUN_DEATHS: '1' })) as [ManagedProcess];
    const other = await world.ask({ model: 'sim-t400-r60-x' });
    const otherReader = await world.follow(other.runId);
    for (const deaths of [2, 3]) {
      await world.until(
        poison.runId,
        (row) => row.deaths === deaths && row.state === 'running',
        `${deaths} deaths`,
        60_000,
      );
      await reader.has(60 + reader.text.length);
      await killWriter(poison.runId);
    }
    expect((await reader.ended(60_000)).terminal).toMatchObject({ state: 'failed', error: { code: 'UNAVAILABLE' } });
    expect(reader.faults).toEqual([]);
    expect(world.expected(poison).startsWith(reader.text)).toBe(true);
    expect(await world.message(poison)).toMatchObject({
      content: reader.text,
      done: true,
      error: { content: expect.stringContaining('Try again') },
    });
    expect(await world.row(poison.runId)).toMatchObject({ state: 'failed', deaths: 4, epoch: 3 });
    expect(world.calls(poison.prompt)).toBe(2);
    for (const [n, turn] of bystanders.entries()) {
      expect((await world.complete(turn, readers[n]!)).deaths).toBeLessThanOrEqual(3);
    }
    expect(await world.complete(other, otherReader)).toMatchObject({ epoch: 1, deaths: 0 });
    expect(worker.running).toBe(true);
    const again = await world.askAgain(poison, 'sim-t20-r100-x');
    expect((await (await world.follow(again.runId)).ended()).terminal.state).toBe('completed');
  }, 180_000);
});
