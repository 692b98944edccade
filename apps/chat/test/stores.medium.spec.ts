import { sleep, waitFor } from '@perennial/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { Proxy } from './proxy';
import type { Reader } from './reader';
import type { Turn, World } from './world';

/**
 * Real: Postgres and Redis, really stopped, emptied and disconnected; the transport, built chat processes. Not real: config, the provider.
 */
describe('stores that go away', () => {
  let world: World;
  const proxies: Proxy[] = [];
  inWorld(
    async (started) => {
      world = started;
      await world.chat('api');
    },
    { apart: true },
  );
  afterEach(async () => {
    await world.endProcesses('worker');
    for (const proxy of proxies.splice(0)) await proxy.stop();
  });

  async function proxyOf(url: string): Promise<Proxy> {
    const proxy = await Proxy.start(url);
    proxies.push(proxy);
    return proxy;
  }

  async function turns(count: number, model: string): Promise<{ turn: Turn; reader: Reader }[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const turn = await world.ask({ model });
        return { turn, reader: await world.follow(turn.runId) };
      }),
    );
  }

  it('schedule 3: accepted and enqueued, then Redis restarts empty', async () => {
    const turn = await world.ask({ model: 'sim-t30-r60-x' });
    await world.stores.redis.restartEmpty();
    await world.workers(1);
    const reader = await world.follow(turn.runId);
    const row = await world.complete(turn, reader);
    expect(row).toMatchObject({ epoch: 1, deaths: 0 });
  }, 60_000);

  it.each([
    ['stands still', (seconds: number) => pauseFor(seconds)],
    ['is restarted', (seconds: number) => downFor(seconds)],
  ])(
    'schedule 4: Postgres %s for 4 s with three workers: none is taken for dead',
    async (_, away) => {
      await world.workers(3);
      const all = await turns(9, 'sim-t500-r50-x');
      for (const { reader } of all) await reader.has(300);
      await away(4_000);
      for (const { turn, reader } of all) {
        expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1, deaths: 0 });
      }
    },
    90_000,
  );

  async function pauseFor(ms: number): Promise<void> {
    await world.stores.postgres.pause();
    await sleep(ms);
    await world.stores.postgres.cont();
  }

  async function downFor(ms: number): Promise<void> {
    await world.stores.postgres.kill();
    await sleep(ms);
    await world.stores.postgres.start();
  }

  it('a finish waits for Postgres', async () => {
    await world.workers(1);
    const [one] = await turns(1, 'sim-t60-r60-x');
    await one!.reader.has(100);
    await world.stores.postgres.kill();
    await sleep(3_000);
    expect(one!.reader.end).toBeUndefined();
    await world.stores.postgres.start();
    await world.complete(one!.turn, one!.reader);
  }, 60_000);

  it('a stop that Postgres cannot store is refused, the answer continues, and a second try succeeds', async () => {
    await world.workers(1);
    const [one] = await turns(1, 'sim-t900-r30-x');
    const { turn, reader } = one!;
    await reader.has(100);
    await world.stores.postgres.kill();
    const refusal = await world.cancel({ runId: turn.runId }, turn.user).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'UNAVAILABLE' });
    await reader.has(reader.text.length + 100);
    await world.stores.postgres.start();
    await waitFor(() => world.cancel({ runId: turn.runId }, turn.user));
    expect((await reader.ended()).terminal.state).toBe('cancelled');
    expect(reader.faults).toEqual([]);
  }, 60_000);

  it.each([
    { back: 'within its grace', grace: 12_000, code: 0, deaths: 0 },
    { back: 'after it', grace: 6_000, code: 1, deaths: 1 },
  ])(
    'a worker gets SIGTERM while Postgres is away, which comes back $back: its answer continues elsewhere',
    async ({ grace, code, deaths }) => {
      await world.workers(2, { SHUTDOWN_GRACE_MS: String(grace) });
      // Longer than half of the grace, in which answers may end by themselves.
      const [one] = await turns(1, 'sim-t400-r40-x');
      await one!.reader.has(200);
      const leaving = await world.ownerOf(one!.turn.runId);
      await world.stores.postgres.kill();
      leaving.signal('SIGTERM');
      await (code === 0 ? sleep(grace / 2 + 300) : leaving.exited);
      await world.stores.postgres.start();
      expect(await leaving.exited).toMatchObject({ code });
      expect(await world.complete(one!.turn, one!.reader)).toMatchObject({ epoch: 2, deaths });
    },
    90_000,
  );

  it('schedule 5: a claim commits and its reply is lost', async () => {
    const proxy = await proxyOf(world.stores.databaseUrl);
    await world.workers(1, { DATABASE_URL: proxy.url });
    let once = true;
    proxy.rule = {
      judge: (piece) => {
        if (!once || !piece.includes('runs.claim')) return 'pass';
        once = false;
        return 'lose-reply';
      },
    };
    const turn = await world.ask({ model: 'sim-t30-r60-x' });
    const reader = await world.follow(turn.runId);
    const row = await world.complete(turn, reader);
    expect(proxy.broken).toBe(1);
    expect(row).toMatchObject({ epoch: 2, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
  }, 60_000);

  it('schedule 9: the connection to Redis is reset in the middle of appends', async () => {
    const proxy = await proxyOf(world.stores.redisUrl);
    await world.workers(1, { REDIS_URL: proxy.url });
    const [one] = await turns(1, 'sim-t600-r100-x');
    await one!.reader.has(300);
    let seen = 0;
    // A flush contains text of the answer; each fifth reaches Redis, and its reply is lost.
    proxy.rule = {
      judge: (piece) => (piece.includes('evalsha') && piece.includes(' w') && ++seen % 5 === 0 ? 'lose-reply' : 'pass'),
    };
    const row = await world.complete(one!.turn, one!.reader);
    expect(proxy.broken).toBeGreaterThan(1);
    expect(row).toMatchObject({ epoch: 1, deaths: 0 });
    expect(world.calls(one!.turn.prompt)).toBe(1);
  }, 60_000);

  it('schedule 10: the registry is lost repeatedly, and frames are lost, including the last', async () => {
    // A Redis user whose right to publish can be revoked: from then on only its frames are lost.
    await world.commands.call('ACL', 'SETUSER', 'worker', 'on', '>frames', '~*', '&*', '+@all');
    const url = new URL(world.stores.redisUrl);
    await world.workers(1, { REDIS_URL: `redis://worker:frames@${url.host}` });
    // Receives workers' live frames, like a gateway.
    const live = world.commands.duplicate({ enableOfflineQueue: true });
    let heard = '';
    live.on('pmessageBuffer', (_pattern: Buffer, _channel: string, frame: Buffer) => (heard += frame.toString('utf8')));
    await live.psubscribe(`${world.prefix}:live:*`);
    const [one] = await turns(1, 'sim-t200-r60-x');
    await one!.reader.has(300);
    expect(heard).not.toBe('');
    const last = world.expected(one!.turn).slice(-6);
    await world.commands.call('ACL', 'SETUSER', 'worker', '-publish');
    let forgetting = true;
    const forget = (async () => {
      while (forgetting) {
        const keys = [...(await world.commands.keys(`${world.prefix}:held:*`)), `${world.prefix}:gateways`];
        await world.commands.del(...keys);
        await sleep(20);
      }
    })();
    await world.until(one!.turn.runId, (row) => row.terminal !== null, 'the finish');
    await sleep(500);
    forgetting = false;
    await forget;
    live.disconnect();
    // The reader has the whole text although its end was never sent to it.
    expect(heard).not.toContain(last);
    await world.complete(one!.turn, one!.reader, 5_000);
  }, 60_000);

  it('schedule 13: Redis loses its data during runs', async () => {
    await world.workers(2);
    const all = await turns(6, 'sim-t280-r40-x');
    for (const { reader } of all) await reader.has(300);
    await world.stores.redis.restartEmpty();
    for (const { turn, reader } of all) {
      expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1, deaths: 0 });
    }
  }, 60_000);

  it('schedule 13: Redis loses its data, and then the worker dies', async () => {
    await world.workers(2);
    const [one] = await turns(1, 'sim-t350-r60-x');
    await one!.reader.has(600);
    const owner = await world.ownerOf(one!.turn.runId);
    owner.pause();
    await world.stores.redis.restartEmpty();
    await owner.kill();
    expect(await world.complete(one!.turn, one!.reader)).toMatchObject({ epoch: 2, deaths: 1 });
  }, 60_000);

  it('with Redis down an answer continues and finishes in Postgres; its readers get it when Redis is back', async () => {
    await world.workers(1);
    const [one] = await turns(1, 'sim-t180-r60-x');
    await one!.reader.has(300);
    await world.stores.redis.kill();
    await world.until(one!.turn.runId, (row) => row.state === 'completed', 'the finish without Redis');
    await world.stores.redis.start();
    await world.complete(one!.turn, one!.reader);
    await world.until(one!.turn.runId, (row) => row.published_at !== null, 'the end to be published');
  }, 60_000);

  /** As if these answers had seen two workers die: a quarantine process claims them. */
  async function suspect(all: readonly { turn: Turn }[]): Promise<void> {
    await world.db.query(
      `UPDATE runs SET state = 'queued', owner = NULL, queued_at = now(), deaths = 2 WHERE id = ANY ($1)`,
      [all.map(({ turn }) => turn.runId)],
    );
  }

  it('Redis is full when suspected answers are claimed: each is claimed once, and waits until its fence can be written', async () => {
    await world.workers(1);
    const all = await turns(6, 'sim-t400-r40-x');
    const first = await turns(1, 'sim-t30-r60-x');
    for (const { reader } of [...first, ...all]) await reader.has(20);
    await suspect(first);
    // Its quarantine process looks for others now.
    await world.complete(first[0]!.turn, first[0]!.reader);
    await world.commands.config('SET', 'maxmemory', '1');
    try {
      await suspect(all);
      for (const { turn } of all) await world.until(turn.runId, ({ epoch }) => epoch > 1, 'the next claim');
      await sleep(3_000);
    } finally {
      await world.commands.config('SET', 'maxmemory', '0');
    }
    for (const { turn, reader } of all) {
      const { epoch, deaths } = await world.complete(turn, reader);
      // On a machine that is very slow the wait may end once.
      expect(epoch).toBeLessThanOrEqual(3);
      expect(deaths).toBe(2);
      // One, if its answer was whole before it was suspected.
      expect(world.calls(turn.prompt)).toBeLessThanOrEqual(2);
    }
  }, 90_000);

  it('a failover loses the finish of an answer that its readers have seen: it is stored again, and no provider is asked', async () => {
    await world.workers(1);
    const [one] = await turns(1, 'sim-t60-r60-x');
    const { turn, reader } = one!;
    const { terminal } = await world.complete(turn, reader);
    await world.until(turn.runId, ({ published_at }) => published_at !== null, 'the end to be told');
    // What Postgres has after it: the claim, and nothing of the finish.
    await world.db.query(
      `WITH m AS (UPDATE messages SET content = '', done = false, usage = NULL WHERE chat_id = $2 AND id = $3)
       UPDATE runs SET state = 'running', terminal = NULL, ended_at = NULL, published_at = NULL, text = NULL WHERE id = $1`,
      [turn.runId, turn.chatId, turn.messageId],
    );
    const row = await world.until(turn.runId, ({ state }) => state === 'completed', 'the finish to be repeated');
    expect(row.terminal).toEqual(terminal);
    expect(await world.message(turn)).toMatchObject({ content: world.expected(turn), done: true });
    expect(world.calls(turn.prompt)).toBe(1);
    expect(reader.faults).toEqual([]);
  }, 60_000);

  it('a failover loses the completion of a title: its living owner makes it again', async () => {
    await world.workers(1);
    const turn = await world.ask({ model: 'sim-t30-r60-x', title: true });
    const title = async (): Promise<string | undefined> =>
      (await world.db.query<{ title: string }>('SELECT title FROM chats WHERE id = $1', [turn.chatId])).rows[0]?.title;
    await waitFor(async () => (await title()) !== 'New Chat', { timeoutMs: 20_000, what: 'the title' });
    const made = await title();
    await world.db.query(
      `WITH c AS (UPDATE chats SET title = 'New Chat' WHERE id = $1)
       UPDATE side_effects SET state = 'begun', payload = payload || jsonb_build_object('text', $2::text), result = NULL, ended_at = NULL,
              created_at = now() - interval '20 seconds' WHERE chat_id = $1`,
      [turn.chatId, turn.prompt],
    );
    await waitFor(async () => (await title()) === made, { timeoutMs: 20_000, what: 'the title once more' });
  }, 60_000);

  it('schedule 14: a provider is silent for long and then continues', async () => {
    await world.workers(2);
    const [one] = await turns(1, 'sim-t60-r60-x-stall20-pause20000');
    await one!.reader.has(100);
    expect(await world.complete(one!.turn, one!.reader)).toMatchObject({ epoch: 1, deaths: 0 });
  }, 60_000);
});
