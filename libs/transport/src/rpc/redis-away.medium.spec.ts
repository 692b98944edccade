import { CallError } from '@perennial/contracts-kernel';
import { type RedisServer, freshPrefix, sleep, startRedis, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEYED, ONCE, READ } from './fixtures/calls';
import { beginsOf, buildReplica, type Caller, createCaller, ReplicaProcess, TESTER } from './fixtures/harness';

// Real: a Redis of its own that is stopped, paused and emptied; replicas as processes of their own.

const options = { principal: TESTER };

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

  /** Calls made one after the other, from now until `stop()`: how each ended. */
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

  it.each([
    ['stands still (SIGSTOP)', () => redis.pause(), () => redis.cont()],
    ['is paused (CLIENT PAUSE)', () => caller.connections.commands.client('PAUSE', 5_000, 'ALL'), () => undefined],
  ])('%s for 5 s under calls: none is lost, none runs twice', async (_, pause, resume) => {
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

  it('restarts empty under calls: those with a repeatable effect are answered', async () => {
    const calling = keepCalling();
    const long = [1, 2, 3].map((n) => caller.rpc.call(KEYED, { n, workMs: 1_500 }, { ...options, key: `k-${n}` }));
    const once = caller.rpc.call(ONCE, { n: 4, workMs: 1_500 }, options);
    await waitFor(() => [1, 2, 3, 4].every((n) => beginsOf(replicas, n).length === 1));
    await redis.restartEmpty();
    const replies = await Promise.all(long);
    expect(replies.map((reply) => reply.key)).toEqual(['k-1', 'k-2', 'k-3']);
    // Its replica lives and answers: what happened once is told once.
    expect(await once).toMatchObject({ n: 4 });
    expect(beginsOf(replicas, 4)).toHaveLength(1);
    await worksAgain();
    const { ok, codes } = await calling.stop();
    expect(codes.filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    expect(ok).toBeGreaterThan(20);
  });

  it('forgets everything under calls: the group is made again, and what a caller wrote first is read', async () => {
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
    const startedAt = performance.now();
    await expect(caller.rpc.call(READ, { n: 2 }, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(50);
    await sleep(1_500);
    await redis.start();
    await worksAgain();
  });

  it('cuts the connections: calls under way are answered all the same', async () => {
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
