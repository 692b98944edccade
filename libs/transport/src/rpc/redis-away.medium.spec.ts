import { CallError } from '@perennial/contracts-kernel';
import { freshPrefix, type RedisServer, sleep, startRedis, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEYED, ONCE, READ } from './fixtures/calls';
import { beginsOf, buildReplica, type Caller, createCaller, ReplicaProcess, TESTER } from './fixtures/harness';
import { rpcKeys } from './wire';

// Real: a separate Redis that is stopped, paused and emptied; replicas as separate processes.

const options = { principal: TESTER };

// Processes start slowly when other suites use the machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe('a Redis that is away', () => {
  let program: Awaited<ReturnType<typeof buildReplica>>;
  let redis: RedisServer;
  let prefix: string;
  let caller: Caller;
  let replicas: ReplicaProcess[];

  beforeAll(async () => {
    [program, redis] = await Promise.all([buildReplica(), startRedis()]);
  });

  afterAll(async () => {
    await Promise.all([program.remove(), redis.stop()]);
  });

  beforeEach(async () => {
    prefix = freshPrefix('rpc');
    caller = await createCaller(redis.url, prefix);
    replicas = await Promise.all(
      [1, 2].map(() => ReplicaProcess.start(program.file, { redisUrl: redis.url, keyPrefix: prefix })),
    );
  });

  afterEach(async () => {
    caller.close();
    await Promise.all(replicas.map((replica) => replica.end()));
  });

  /** Calls one after another until `stop()`, and how each ended. */
  function keepCalling(): { stop: () => Promise<{ ok: number; codes: string[] }> } {
    let going = true;
    let ok = 0;
    const codes: string[] = [];
    const lane = async (first: number): Promise<void> => {
      for (let n = first; going; n += 10) {
        try {
          const reply = await caller.rpc.call(READ, { n, workMs: 5 }, options);
          if (reply.n === n) ok += 1;
        } catch (error) {
          codes.push(error instanceof CallError ? error.code : String(error));
          await sleep(50);
        }
      }
    };
    const lanes = Promise.all([1_000, 1_001, 1_002, 1_003].map(lane));
    return {
      stop: async () => {
        going = false;
        await lanes;
        return { ok, codes };
      },
    };
  }

  async function worksAgain(): Promise<void> {
    await waitFor(() => caller.rpc.call(READ, { n: 99 }, { ...options, deadlineMs: 1_000 }), { timeoutMs: 5_000 });
  }

  it.each<[string, pause: () => Promise<unknown>, resume: () => Promise<void> | void]>([
    ['stands still (SIGSTOP)', () => redis.pause(), () => redis.cont()],
    ['is paused (CLIENT PAUSE)', () => caller.connections.commands.client('PAUSE', 5_000, 'ALL'), () => undefined],
  ])('schedule 12: %s for 5 s under calls: none is lost, none runs twice', async (_, pause, resume) => {
    const calling = keepCalling();
    const long = [1, 2, 3, 4].map((n) => caller.rpc.call(KEYED, { n, workMs: 6_500 }, options));
    await waitFor(() => [1, 2, 3, 4].every((n) => beginsOf(replicas, n).length === 1));
    await pause();
    await sleep(5_000);
    await resume();
    expect((await Promise.all(long)).map((reply) => reply.delivery)).toEqual([1, 1, 1, 1]);
    const { ok, codes } = await calling.stop();
    expect(codes).toEqual([]);
    expect(ok).toBeGreaterThan(50);
    const begins = replicas.flatMap((replica) =>
      replica.events.flatMap((event) => (event.kind === 'begin' ? [event.n] : [])),
    );
    expect(new Set(begins).size).toBe(begins.length);
  });

  it('restarts with its data, and the calls of a replica that reconnects late are not claimed', async () => {
    const kept = await startRedis({ persistent: true, settings: { appendfsync: 'always' } });
    const other = await createCaller(kept.url, prefix);
    const start = (instanceId: string): Promise<ReplicaProcess> =>
      ReplicaProcess.start(program.file, { redisUrl: kept.url, keyPrefix: prefix, instanceId });
    const slow = await start('slow');
    replicas.push(slow);
    // `once`: its caller does not repeat it, and a wrong claim would end it as OUTCOME_UNKNOWN.
    const call = other.rpc.call(ONCE, { n: 1, workMs: 7_000 }, options);
    await waitFor(() => slow.begun(1));
    const quick = await start('quick');
    replicas.push(quick);
    await sleep(2_500);
    slow.signal('SIGSTOP');
    await kept.kill();
    await sleep(2_500);
    await kept.start();
    // A new connection, because `other` itself may reconnect up to a second after the replica.
    const watcher = await createCaller(kept.url, prefix);
    const { commands } = watcher.connections;
    await waitFor(async () => String(await commands.client('LIST')).includes('quick:commands'));
    watcher.close();
    // By Redis's clock the slow one has been silent for 3 s, and only the quick one has reconnected and looked twice.
    await sleep(700);
    slow.signal('SIGCONT');
    expect(await call).toMatchObject({ pid: slow.pid, n: 1 });
    other.close();
    await kept.stop();
  });

  it('schedule 13: restarts empty during calls: repeatable ones are answered', async () => {
    const calling = keepCalling();
    const long = [1, 2, 3].map((n) => caller.rpc.call(KEYED, { n, workMs: 1_500 }, { ...options, key: `k-${n}` }));
    const once = caller.rpc.call(ONCE, { n: 4, workMs: 1_500 }, options);
    await waitFor(() => [1, 2, 3, 4].every((n) => beginsOf(replicas, n).length === 1));
    await redis.restartEmpty();
    const replies = await Promise.all(long);
    expect(replies.map((reply) => reply.key)).toEqual(['k-1', 'k-2', 'k-3']);
    // Its replica lives and answers: an effect that happened once is reported once.
    expect(await once).toMatchObject({ n: 4 });
    expect(beginsOf(replicas, 4)).toHaveLength(1);
    await worksAgain();
    const { ok, codes } = await calling.stop();
    expect(codes.filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    expect(ok).toBeGreaterThan(20);
  });

  it('restarts empty while calls wait: they are sent again, except `once` calls', async () => {
    await Promise.all(replicas.map((replica) => replica.end('SIGTERM')));
    const reads = [1, 2, 3].map((n) => caller.rpc.call(READ, { n }, options));
    const once = caller.rpc.call(ONCE, { n: 4 }, { ...options, deadlineMs: 5_000 }).catch((error: unknown) => error);
    const { commands } = caller.connections;
    await waitFor(async () => (await commands.xlen(rpcKeys.requests(prefix, 'chat'))) === 4);
    await redis.restartEmpty();
    replicas.push(await ReplicaProcess.start(program.file, { redisUrl: redis.url, keyPrefix: prefix }));
    expect((await Promise.all(reads)).map((reply) => reply.n)).toEqual([1, 2, 3]);
    expect(await once).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(beginsOf(replicas, 4)).toEqual([]);
  });

  it('keeps a reply for a caller that is not subscribed', async () => {
    const { commands } = caller.connections;
    const record = JSON.stringify({ i: 'ghost.1', p: READ.pattern, b: 5_000, u: TESTER, d: { n: 1 } });
    await commands.xadd(rpcKeys.requests(prefix, 'chat'), '*', 'r', record);
    const key = rpcKeys.parked(prefix, 'ghost');
    await waitFor(async () => (await commands.llen(key)) === 1);
    expect(await commands.pttl(key)).toBeGreaterThan(20_000);
  });

  it('returns a kept reply to a caller that reconnects', async () => {
    const lonely = await createCaller(redis.url, `${prefix}-no-replica`);
    const { commands, keyPrefix, processId } = lonely.connections;
    const call = lonely.rpc.call(ONCE, { n: 1 }, options);
    const stream = rpcKeys.requests(keyPrefix, 'chat');
    await waitFor(async () => (await commands.xlen(stream)) === 1);
    const reply = { n: 1, pid: 1, key: 'k', delivery: 1 };
    await commands.rpush(rpcKeys.parked(keyPrefix, processId), `[["0",1,${JSON.stringify(reply)}]]`);
    await commands.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    expect(await call).toEqual(reply);
    expect(await commands.xlen(stream)).toBe(1);
    lonely.close();
  });

  it('schedule 13: is emptied during calls: the group is created again, and calls written before it are read', async () => {
    await caller.connections.commands.flushall();
    const replies = await Promise.all([1, 2, 3].map((n) => caller.rpc.call(READ, { n }, options)));
    expect(replies.map((reply) => reply.n)).toEqual([1, 2, 3]);
    for (let round = 0; round < 5; round += 1) {
      await caller.connections.commands.flushall();
      expect(await caller.rpc.call(READ, { n: 10 + round }, options)).toMatchObject({ n: 10 + round });
    }
  });

  it('is gone: calls fail at once with UNAVAILABLE, and work when it is back', async () => {
    await redis.kill();
    const first = caller.rpc.call(READ, { n: 1 }, options).catch((error: unknown) => error);
    expect(await first).toMatchObject({ code: 'UNAVAILABLE', details: { retryAfter: 1 } });
    // If one call waited even a second, these would take longer than the test may.
    for (let n = 0; n < 200; n += 1)
      await expect(caller.rpc.call(READ, { n }, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await sleep(1_500);
    await redis.start();
    await worksAgain();
  });

  it('is away at start: the process starts, and calls are refused', async () => {
    // Port 9 of the loopback address: nothing listens there.
    const early = await createCaller('redis://127.0.0.1:9', prefix);
    expect(await early.connections.isReachable()).toBe(false);
    await expect(early.rpc.call(READ, { n: 1 }, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    early.close();
  });

  it('closes the connections: calls under way are still answered', async () => {
    const calling = keepCalling();
    const long = [1, 2].map((n) => caller.rpc.call(KEYED, { n, workMs: 1_000 }, options));
    const once = caller.rpc.call(ONCE, { n: 3, workMs: 1_000 }, options);
    await waitFor(() => [1, 2, 3].every((n) => beginsOf(replicas, n).length === 1));
    const killer = caller.connections.create('commands', 'killer');
    await waitFor(() => killer.status === 'ready');
    for (let round = 0; round < 5; round += 1) {
      await killer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await killer.call('CLIENT', 'KILL', 'TYPE', 'normal');
      await sleep(200);
    }
    expect((await Promise.all(long)).map((reply) => reply.n)).toEqual([1, 2]);
    expect(await once).toMatchObject({ n: 3 });
    expect(beginsOf(replicas, 3)).toHaveLength(1);
    const { ok, codes } = await calling.stop();
    expect(codes.filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    expect(ok).toBeGreaterThan(20);
  });
});
