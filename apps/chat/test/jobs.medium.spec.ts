import { randomUUID } from 'node:crypto';
import { completions, runs } from '@perennial/contracts-chat';
import { type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import { Connections, createRunStreamSubscriber } from '@perennial/transport';
import { Worker } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import { RUNS_CANCELLED } from '../src/runs/cancel/cancelled.notice';
import { inWorld } from './in-world';
import { Reader } from './reader';
import { newUser, type Turn, type World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('abandoned jobs, locks and readers', () => {
  let world: World;
  inWorld(async (started) => {
    world = started;
    await world.chat('api', { MAX_QUEUED_RUNS: '10000' });
  });
  afterEach(() => world.endProcesses('worker'));

  it('a worker that died between its job and the claim delays no run', async () => {
    const connections = new Connections({
      redisUrl: world.stores.redisUrl,
      keyPrefix: world.prefix,
      service: 'chat',
      instanceId: 'dies',
    });
    let got = 0;
    const dying = new Worker('runs', () => new Promise((_, reject) => got++ && setTimeout(reject, 60_000).unref()), {
      connection: connections.create('queue', 'runs'),
      prefix: `${world.prefix}:bull`,
      lockDuration: 60_000,
      concurrency: 10,
      skipVersionCheck: true,
    });
    dying.on('error', () => undefined);
    await dying.waitUntilReady();
    const turn = await world.ask({ model: 'sim-t20-r100-x' });
    await waitFor(() => got === 1, { what: 'the job to be offered' });
    void dying.close(true).catch(() => undefined);
    connections.close();
    await world.workers(1);
    const reader = await world.follow(turn.runId);
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 1, deaths: 0 });
  }, 60_000);

  it('a notice that a run was cancelled is checked, not trusted', async () => {
    const connections = new Connections({
      redisUrl: world.stores.redisUrl,
      keyPrefix: world.prefix,
      service: 'chat',
      instanceId: 'liar',
    });
    await waitFor(() => connections.commands.status === 'ready');
    await world.workers(1);
    const turn = await world.ask({ model: 'sim-t60-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(20);
    const notice = JSON.stringify({ runIds: [turn.runId] });
    expect(
      await connections.commands.publish(`${world.prefix}:notice:${RUNS_CANCELLED.channel}`, notice),
    ).toBeGreaterThan(0);
    connections.close();
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1 });
  }, 60_000);

  /** Locks the row of a run, like a transaction of a paused process. */
  async function holdRun(runId: string): Promise<() => Promise<void>> {
    const client = await world.db.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM runs WHERE id = $1 FOR UPDATE', [runId]);
    return async () => {
      await client.query('ROLLBACK');
      client.release();
    };
  }

  it('a run whose row is locked blocks neither the take-over of others nor the reapers', async () => {
    await world.workers(3);
    const ask = async (): Promise<{ turn: Turn; reader: Reader; owner: ManagedProcess }> => {
      const turn = await world.ask({ model: 'sim-t400-r40-x' });
      const reader = await world.follow(turn.runId);
      await reader.has(100);
      return { turn, reader, owner: await world.ownerOf(turn.runId) };
    };
    const all = await Promise.all([ask(), ask(), ask(), ask()]);
    // Two of the four are written by one of the three.
    const { owner } = all.find(({ owner }, at) => all.findIndex((other) => other.owner === owner) < at)!;
    const [locked, free] = all.filter((each) => each.owner === owner) as [(typeof all)[0], (typeof all)[0]];
    const release = await holdRun(locked.turn.runId);
    await owner.kill();
    await world.until(free.turn.runId, (row) => row.epoch === 2, 'epoch 2 of the free run', 15_000);
    await sleep(6_000);
    await release();
    for (const { turn, reader } of [locked, free]) {
      expect(await world.complete(turn, reader)).toMatchObject({ epoch: 2, deaths: 1 });
    }
  }, 60_000);

  it('a claim that is under way at SIGTERM is handed over, without a death and without a call to the provider', async () => {
    const turn = await world.ask({ model: 'sim-t60-r60-x' });
    const reader = await world.follow(turn.runId);
    const client = await world.db.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE side_effects IN ACCESS EXCLUSIVE MODE');
    const [leaving] = (await world.workers(1)) as [ManagedProcess];
    await waitFor(
      async () =>
        (
          await world.db.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%oldest AS%'`,
          )
        ).rowCount === 1,
      { what: 'the claim to wait for the table' },
    );
    leaving.signal('SIGTERM');
    await sleep(500);
    await client.query('ROLLBACK');
    client.release();
    expect(await leaving.exited).toEqual({ code: 0, signal: null });
    expect(world.calls(turn.prompt)).toBe(0);
    await world.workers(1);
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 2, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('one user with 3,000 queued answers delays others by the running answers only', async () => {
    const heavy = newUser();
    await world.db.query(
      `INSERT INTO runs (id, kind, user_id, principal, model, request)
       SELECT gen_random_uuid(), 'completion', $1, $2, 'sim-t20-r100-x', '{"messages": [{"role": "user", "content": "Many"}]}'
         FROM generate_series(1, 3000)`,
      [heavy.userId, JSON.stringify({ role: 'user', sessionId: heavy.sessionId })],
    );
    const [worker] = (await world.workers(1, { WORKER_CONCURRENCY: '4' })) as [ManagedProcess];
    const started = async (): Promise<number> =>
      (await world.db.query('SELECT 1 FROM runs WHERE user_id = $1 AND started_at IS NOT NULL', [heavy.userId]))
        .rowCount!;
    await waitFor(async () => (await started()) > 8, { what: 'the queue to be worked off' });
    const turn = await world.ask({ model: 'sim-t20-r100-x' });
    await world.complete(turn, await world.follow(turn.runId));
    const { rows } = await world.db.query<{ ahead: number }>(
      `SELECT count(*)::int AS ahead FROM runs h, runs o
        WHERE o.id = $1 AND h.user_id = $2 AND h.started_at BETWEEN o.created_at AND o.started_at`,
      [turn.runId, heavy.userId],
    );
    expect(rows[0]!.ahead).toBeLessThanOrEqual(4);
    await worker.kill();
    await world.db.query('DELETE FROM runs WHERE user_id = $1', [heavy.userId]);
  }, 60_000);

  it('a completion without a key outlives its gateway only for the time in which a reader may reconnect', async () => {
    const connections = new Connections({
      redisUrl: world.stores.redisUrl,
      keyPrefix: world.prefix,
      service: 'gateway',
      instanceId: 'gateway-that-dies',
    });
    const subscriber = createRunStreamSubscriber({ connections, lookup: (id) => world.lookup(id) });
    await world.workers(1);
    const { runId } = await world.rpc.call(
      completions.accept,
      {
        modelId: 'sim-t400-r10-x',
        body: { messages: [{ role: 'user', content: 'Read me' }] },
        bodyHash: 'hash',
      },
      { principal: newUser() },
    );
    const reader = await Reader.follow(subscriber, runId);
    await reader.has(50);
    await sleep(11_000);
    expect((await world.row(runId)).state).toBe('running');
    // Like kill -9: without a goodbye.
    connections.close();
    const read = reader.text.length;
    // The answer's own end would be later.
    const { terminal } = await world.until(runId, (row) => row.state === 'cancelled', 'it to be cancelled', 25_000);
    // Ten tokens a second, of six characters: the answer continued for a while, so that a reader could have reconnected.
    expect(terminal!.length - read).toBeGreaterThan(5 * 60);
    await subscriber.close().catch(() => undefined);
  }, 60_000);

  it('the same first message through two replicas at the same moment is one chat', async () => {
    await world.chat('api');
    const user = newUser();
    const requests = Array.from({ length: 20 }, () => ({
      parentId: null,
      userMessage: { id: randomUUID(), content: 'Once' },
      answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100-x' }],
    }));
    await Promise.all(
      requests.map(async (request) => {
        const ask = () => world.rpc.call(runs.accept, request, { principal: user });
        const [one, other] = await Promise.all([ask(), ask()]);
        expect(other.chatId).toBe(one.chatId);
        expect(other.runs).toEqual(one.runs);
      }),
    );
    const { rows } = await world.db.query('SELECT count(*)::int AS count FROM chats WHERE user_id = $1', [user.userId]);
    expect(rows).toEqual([{ count: 20 }]);
  }, 60_000);

  it('the same first message sent again when its answer is over is the same chat and the same run', async () => {
    await world.chat('all');
    const user = newUser();
    const request = {
      parentId: null,
      userMessage: { id: randomUUID(), content: 'Once' },
      answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100-x' }],
    };
    const ask = () => world.rpc.call(runs.accept, request, { principal: user });
    const first = await ask();
    await world.until(first.runs[0]!.runId, ({ state }) => state === 'completed', 'the answer to be over');
    expect(await ask()).toEqual({ ...first, created: false });
  }, 60_000);

  it('the same Idempotency-Key through two replicas at the same moment is one run', async () => {
    const user = newUser();
    const complete = (key: string) =>
      world.rpc.call(
        completions.accept,
        {
          modelId: 'sim-t5-r100-x',
          body: { messages: [{ role: 'user', content: 'Once' }] },
          bodyHash: 'hash',
          idempotencyKey: key,
        },
        { principal: user },
      );
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const [one, other] = await Promise.all([complete(`key-${n}`), complete(`key-${n}`)]);
        expect(other.runId).toBe(one.runId);
        expect([one.created, other.created].sort()).toEqual([false, true]);
      }),
    );
  }, 60_000);

  it('a run that cannot be finished fails after as many tries as deaths are allowed', async () => {
    await world.db.query(`
      CREATE FUNCTION chat.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room for this'; END $$;
      CREATE TRIGGER refuse_end BEFORE UPDATE OF provider_end ON chat.runs FOR EACH ROW EXECUTE FUNCTION chat.refuse();
      CREATE TRIGGER refuse_finish BEFORE UPDATE OF state ON chat.runs FOR EACH ROW WHEN (NEW.state = 'completed') EXECUTE FUNCTION chat.refuse()`);
    try {
      // A worker with another limit, from an earlier test, would claim the run too.
      await world.endProcesses('all');
      await world.workers(1, { MAX_RUN_DEATHS: '1' });
      const turn = await world.ask({ model: 'sim-t10-r100-x' });
      const reader = await world.follow(turn.runId);
      expect((await reader.ended()).terminal).toMatchObject({ state: 'failed', error: { code: 'UNAVAILABLE' } });
      expect(await world.row(turn.runId)).toMatchObject({ state: 'failed', deaths: 4, epoch: 5 });
      expect(world.calls(turn.prompt)).toBe(4);
      expect(reader.faults).toEqual([]);
    } finally {
      await world.db.query('DROP FUNCTION chat.refuse() CASCADE');
    }
  }, 60_000);
});
