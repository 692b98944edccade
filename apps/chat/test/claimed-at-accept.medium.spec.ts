import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { completions } from '@perennial/contracts-chat';
import { type ManagedProcess, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RUNS_CANCELLED } from '../src/runs/cancel/cancelled.notice';
import { inWorld } from './in-world';
import { Proxy } from './proxy';
import { newUser, type Turn, type World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('runs that are claimed as they are accepted', () => {
  let world: World;
  let proxy: Proxy;
  inWorld(async (started) => {
    world = started;
  });
  beforeAll(async () => {
    proxy = await Proxy.start(world.stores.databaseUrl);
  });
  afterEach(async () => {
    await world.endProcesses();
    // A run that one test leaves behind would take the only place of the next one's process.
    await world.db.query('DELETE FROM runs');
    proxy.rule = { judge: () => 'pass' };
    proxy.release();
  });
  afterAll(() => proxy.stop());

  const times = async ({ runId }: { runId: string }): Promise<{ created_at: Date; started_at: Date }> =>
    (await world.db.query('SELECT created_at, started_at FROM runs WHERE id = $1', [runId])).rows[0];

  /** The time of both is that of their transaction. */
  async function claimedAtOnce(turn: { runId: string }): Promise<boolean> {
    const { created_at, started_at } = await times(turn);
    return started_at?.getTime() === created_at.getTime();
  }

  it('if there is room: turns of new and existing chats, and completions, without a job', async () => {
    const asked: { messages: unknown }[] = [];
    const provider = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push(JSON.parse(body) as { messages: unknown });
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const chunk = { choices: [{ index: 0, delta: { content: `Answer ${asked.length}` }, finish_reason: 'stop' }] };
        response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { baseUrl } = world.answers;
    world.answers.baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    onTestFinished(() => {
      world.answers.baseUrl = baseUrl;
      provider.close();
    });
    await world.chat('all');
    const ended = async (runId: string): Promise<string> => (await (await world.follow(runId)).ended()).text;
    const first = await world.ask({ prompt: 'One' });
    expect(await ended(first.runId)).toBe('Answer 1');
    const { chatId, messageId: parentId, user } = first;
    const second = await world.ask({ prompt: 'Two', chatId, parentId, user });
    expect(await ended(second.runId)).toBe('Answer 2');
    // Answered again: the message exists already.
    const third = await world.askAgain(second, 'sim-t5-r100-x');
    expect(await ended(third.runId)).toBe('Answer 3');
    const body = { messages: [{ role: 'user', content: 'Plain' }] };
    const plain = await world.rpc.call(
      completions.accept,
      { modelId: 'sim-t5-r100-x', body, bodyHash: 'hash' },
      { principal: user },
    );
    expect(await ended(plain.runId)).toBe('Answer 4');
    const messages = [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Answer 1' },
      { role: 'user', content: 'Two' },
    ];
    expect(asked.map((request) => request.messages)).toEqual([messages.slice(0, 1), messages, messages, body.messages]);
    for (const run of [first, second, third, plain]) {
      expect(await claimedAtOnce(run)).toBe(true);
      expect(await world.row(run.runId)).toMatchObject({ state: 'completed', epoch: 1, deaths: 0 });
    }
    expect(await world.commands.keys(`${world.prefix}:bull:runs:*-0`)).toEqual([]);
  }, 60_000);

  it('not without room: they are queued, within the limit of the queue', async () => {
    await world.chat('all', { WORKER_CONCURRENCY: '2', MAX_QUEUED_RUNS: '1' });
    const long = 'sim-t900-r20-x';
    const model = 'sim-t20-r100-x';
    const [first, second] = [await world.ask({ model: long }), await world.ask({ model: long })];
    const here = await world.ask({ model });
    expect(await Promise.all([first, second, here].map((turn) => claimedAtOnce(turn)))).toEqual([true, true, false]);
    await expect(world.ask({ model })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // The full process gave its job back, so that a worker with room would get it.
    const bull = `${world.prefix}:bull:runs`;
    const job = `${here.runId}-0`;
    await waitFor(
      async () =>
        (await world.commands.hget(`${bull}:${job}`, 'ats')) === '1' &&
        (await world.commands.lrange(`${bull}:wait`, 0, -1)).includes(job),
      { what: 'the job to be given back' },
    );
    await world.cancel({ runId: first.runId }, first.user);
    expect(await world.complete(here, await world.follow(here.runId))).toMatchObject({ epoch: 1, deaths: 0 });
    expect(await world.commands.exists(`${bull}:${job}`)).toBe(0);
    const third = await world.ask({ model: long });
    expect(await claimedAtOnce(third)).toBe(true);
    const elsewhere = await world.ask({ model });
    await world.workers(1);
    expect(await world.complete(elsewhere, await world.follow(elsewhere.runId))).toMatchObject({ epoch: 1, deaths: 0 });
    for (const { runId } of [second, third]) expect((await world.row(runId)).state).toBe('running');
  }, 60_000);

  it('in the last places only by users who have nothing else, who pass those who wait', async () => {
    await world.chat('all', { WORKER_CONCURRENCY: '10' });
    const long = 'sim-t900-r20-x';
    const flood = newUser();
    const turns: Turn[] = [];
    for (let n = 0; n < 11; n += 1) turns.push(await world.ask({ model: long, user: flood }));
    const states = async (): Promise<string[]> =>
      Promise.all(turns.map(async ({ runId }) => (await world.row(runId)).state));
    expect(await states()).toEqual([...Array<string>(9).fill('running'), 'queued', 'queued']);
    const victim = await world.ask({ model: 'sim-t20-r100-x' });
    expect(await claimedAtOnce(victim)).toBe(true);
    await world.complete(victim, await world.follow(victim.runId));
    // The place is free again and stays so.
    expect(await states()).toEqual([...Array<string>(9).fill('running'), 'queued', 'queued']);
    const ending = turns[0]!;
    await world.cancel({ runId: ending.runId }, flood);
    await waitFor(async () => (await states()).filter((state) => state === 'queued').length === 1);
  }, 60_000);

  it('not at SIGTERM: their jobs notify the other processes', async () => {
    const env = { DATABASE_URL: proxy.url, SHUTDOWN_GRACE_MS: '4000', WORKER_CONCURRENCY: '2' };
    const leaving = await world.chat('all', env);
    proxy.rule = { judge: (piece) => (piece.includes('oldest AS') ? 'hold-reply' : 'pass') };
    // It waits, so that accepts do not claim, and the first claim after an accept hangs. However late that is, it has not room for all.
    const waiting = newUser();
    await world.db.query(
      `INSERT INTO runs (id, kind, user_id, principal, model, request)
       VALUES (gen_random_uuid(), 'completion', $1, $2, 'sim-t20-r100-x', '{"messages": [{"role": "user", "content": "Waits"}]}')`,
      [waiting.userId, JSON.stringify({ role: 'user', sessionId: waiting.sessionId })],
    );
    const model = 'sim-t20-r100-x';
    const turns = [await world.ask({ model }), await world.ask({ model }), await world.ask({ model })];
    leaving.signal('SIGTERM');
    await waitFor(() => /"draining"/.test(leaving.output), { what: 'it to leave' });
    const queued = async (): Promise<string[]> =>
      (await world.db.query<{ id: string }>(`SELECT id FROM runs WHERE state = 'queued'`)).rows.map(({ id }) => id);
    await waitFor(
      async () => {
        const jobs = await world.commands.lrange(`${world.prefix}:bull:runs:wait`, 0, -1);
        return (await queued()).some((id) => jobs.includes(`${id}-0`));
      },
      { what: 'a job of a run that could not be claimed', timeoutMs: 30_000 },
    );
    proxy.release();
    await leaving.exited;
    await world.workers(1);
    for (const turn of turns) await world.complete(turn, await world.follow(turn.runId));
  }, 60_000);

  it('never before another user’s waiting run', async () => {
    await world.chat('all', { WORKER_CONCURRENCY: '1', MAX_QUEUED_RUNS: '2' });
    // Its job was lost, and there is room.
    const waiting = newUser();
    const { rows } = await world.db.query<{ id: string }>(
      `INSERT INTO runs (id, kind, user_id, principal, model, request)
       VALUES (gen_random_uuid(), 'completion', $1, $2, 'sim-t20-r100-x', '{"messages": [{"role": "user", "content": "Waits"}]}') RETURNING id`,
      [waiting.userId, JSON.stringify({ role: 'user', sessionId: waiting.sessionId })],
    );
    const turn = await world.ask({ model: 'sim-t20-r100-x' });
    await world.complete(turn, await world.follow(turn.runId));
    const [before, after] = [await times({ runId: rows[0]!.id }), await times(turn)];
    expect(before.started_at.getTime()).toBeLessThan(after.started_at.getTime());
    // Suspected runs wait for a quarantine process only, and take no place of the queue.
    await world.db.query(`UPDATE runs SET state = 'queued', deaths = 2 WHERE id = $1`, [rows[0]!.id]);
    await world.db.query(
      `INSERT INTO runs (id, kind, user_id, principal, model, request, deaths)
       SELECT gen_random_uuid(), kind, user_id, principal, model, request, deaths FROM runs WHERE id = $1`,
      [rows[0]!.id],
    );
    const beside = await world.ask({ model: 'sim-t20-r100-x' });
    await world.complete(beside, await world.follow(beside.runId));
    // The claim that finds no further run may still hold the only place.
    await waitFor(
      async () => {
        const turn = await world.ask({ model: 'sim-t20-r100-x' });
        await world.complete(turn, await world.follow(turn.runId));
        return claimedAtOnce(turn);
      },
      { what: 'a claim beside a suspect' },
    );
    await world.db.query('DELETE FROM runs WHERE user_id = $1', [waiting.userId]);
  }, 60_000);

  it('by two replicas that accept at the same time, each its own', async () => {
    await Promise.all([world.chat('all'), world.chat('all')]);
    const turns = await Promise.all(Array.from({ length: 40 }, () => world.ask({ model: 'sim-t20-r100-x' })));
    for (const turn of turns) {
      expect(await world.complete(turn, await world.follow(turn.runId))).toMatchObject({ epoch: 1, deaths: 0 });
      expect(world.calls(turn.prompt)).toBe(1);
    }
  }, 60_000);

  /** A turn whose claim has committed without its process knowing. */
  async function committed(
    model: string,
    { reply = 'hold-reply', ...env }: { reply?: 'hold-reply' | 'lose-reply'; SHUTDOWN_GRACE_MS?: string } = {},
  ): Promise<{ owner: ManagedProcess; turn: Turn; asked: Promise<Turn | Error> }> {
    const owner = await world.chat('all', { DATABASE_URL: proxy.url, ...env });
    let isFirst = true;
    proxy.rule = {
      judge: (piece) => {
        if (!isFirst || !piece.includes('-claimed')) return 'pass';
        isFirst = false;
        return reply;
      },
    };
    const prompt = `Prompt ${randomUUID()}`;
    const user = newUser();
    const asked = world.ask({ model, prompt, user }).catch((error: Error) => error);
    const run = await waitFor(
      async () =>
        (
          await world.db.query<{ id: string; chat_id: string; message_id: string }>(
            `SELECT id, chat_id, message_id FROM runs WHERE user_id = $1 AND state = 'running'`,
            [user.userId],
          )
        ).rows[0],
      { what: 'the claim to commit' },
    );
    const turn = {
      chatId: run.chat_id,
      created: true,
      runs: [{ runId: run.id, messageId: run.message_id, modelId: model }],
      ...{ runId: run.id, messageId: run.message_id, user, prompt, model },
    };
    return { owner, turn, asked };
  }

  it('and taken over when their process is killed before the reply of the claim', async () => {
    const { owner, turn } = await committed('sim-t40-r60-x');
    await owner.kill();
    expect(world.calls(turn.prompt)).toBe(0);
    await world.chat('all');
    expect(await world.complete(turn, await world.follow(turn.runId))).toMatchObject({ epoch: 2, deaths: 1 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('and handed over at SIGTERM before the reply of the claim, without a death', async () => {
    const { owner, turn } = await committed('sim-t240-r60-x', { SHUTDOWN_GRACE_MS: '4000' });
    owner.signal('SIGTERM');
    await waitFor(() => /"draining"/.test(owner.output), { what: 'it to leave' });
    proxy.release();
    expect(await owner.exited).toEqual({ code: 0, signal: null });
    expect(await world.row(turn.runId)).toMatchObject({ state: 'queued', epoch: 1, deaths: 0 });
    await world.chat('all');
    expect(await world.complete(turn, await world.follow(turn.runId))).toMatchObject({ epoch: 2, deaths: 0 });
  }, 60_000);

  it('and stopped when the stop comes before the reply of the claim', async () => {
    const { turn, asked } = await committed('sim-t900-r30-x');
    await world.db.query('UPDATE runs SET cancel_requested_at = now() WHERE id = $1', [turn.runId]);
    const notice = JSON.stringify({ runIds: [turn.runId] });
    await world.commands.publish(`${world.prefix}:notice:${RUNS_CANCELLED.channel}`, notice);
    proxy.release();
    expect(await asked).toMatchObject({ runId: turn.runId });
    const reader = await world.follow(turn.runId);
    expect((await reader.ended()).terminal.state).toBe('cancelled');
    expect(await world.message(turn)).toMatchObject({ content: reader.text, done: true, extra: { incomplete: true } });
  }, 60_000);

  it('and released when the reply of the claim is lost', async () => {
    const { turn } = await committed('sim-t40-r60-x', { reply: 'lose-reply' });
    const reader = await world.follow(turn.runId);
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 2, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('and written when Redis loses its data before the reply of the claim', async () => {
    const { turn } = await committed('sim-t40-r60-x');
    await world.commands.flushall();
    proxy.release();
    const reader = await world.follow(turn.runId);
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);
});
