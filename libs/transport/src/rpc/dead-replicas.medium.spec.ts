import { CallError } from '@perennial/contracts-kernel';
import { freshPrefix, redisUrl, sleep, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEYED, ONCE, READ } from './fixtures/calls';
import { beginsOf, buildReplica, type Caller, createCaller, ReplicaProcess, TESTER } from './fixtures/harness';

// Real: Redis, and replicas as separate processes that are killed and paused by signals.

const options = { principal: TESTER };

// Processes start slowly when other suites use the machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe('replicas that die', () => {
  let program: Awaited<ReturnType<typeof buildReplica>>;
  let prefix: string;
  let caller: Caller;
  let replicas: ReplicaProcess[];

  beforeAll(async () => {
    program = await buildReplica();
  });

  afterAll(() => program.remove());

  beforeEach(async () => {
    prefix = freshPrefix('rpc');
    replicas = [];
    caller = await createCaller(redisUrl(), prefix);
  });

  afterEach(async () => {
    caller.close();
    await Promise.all(replicas.map((replica) => replica.end()));
  });

  async function start(count: number, concurrency = 64, more: { graceMs?: number } = {}): Promise<void> {
    const all = Array.from({ length: count }, () =>
      ReplicaProcess.start(program.file, { redisUrl: redisUrl(), keyPrefix: prefix, concurrency, ...more }),
    );
    replicas.push(...(await Promise.all(all)));
  }

  /** The replica that works on call `n`, and another one. */
  async function holderOf(n: number): Promise<{ holder: ReplicaProcess; other: ReplicaProcess }> {
    const holder = await waitFor(() => replicas.find((replica) => replica.begun(n)));
    const other = replicas.find((replica) => replica !== holder);
    if (!other) throw new Error('one replica only');
    return { holder, other };
  }

  it('share the calls: each is handled by exactly one of three', async () => {
    await start(3, 8);
    const replies = await Promise.all(
      Array.from({ length: 300 }, (_, n) => caller.rpc.call(READ, { n, workMs: 20 }, options)),
    );
    expect(replies.map((reply) => reply.n)).toEqual(Array.from({ length: 300 }, (_, n) => n));
    const begins = replicas.map((replica) => replica.events.filter((event) => event.kind === 'begin').length);
    expect(begins.reduce((sum, count) => sum + count, 0)).toBe(300);
    for (const count of begins) expect(count).toBeGreaterThan(0);
  });

  it('have their calls run again elsewhere after a kill -9, before their deadline', async () => {
    await start(2, 30);
    const calls = Array.from({ length: 40 }, (_, n) =>
      caller.rpc.call(READ, { n, workMs: 700 }, { ...options, deadlineMs: 20_000 }),
    );
    const [first, second] = replicas as [ReplicaProcess, ReplicaProcess];
    await waitFor(() => first.events.length > 0 && second.events.length > 0);
    await first.end('SIGKILL');
    const replies = await Promise.all(calls);
    expect(replies).toHaveLength(40);
    expect(replies.filter((reply) => reply.delivery === 2).length).toBeGreaterThan(0);
  });

  it('pass the same key to the second delivery of a keyed call', async () => {
    await start(2);
    const call = caller.rpc.call(KEYED, { n: 1, workMs: 400 }, { ...options, key: 'payment-7' });
    const { holder, other } = await holderOf(1);
    await holder.end('SIGKILL');
    expect(await call).toMatchObject({ key: 'payment-7', delivery: 2, pid: other.pid });
    expect(beginsOf(replicas, 1).map((event) => event.key)).toEqual(['payment-7', 'payment-7']);
    expect(new Set(beginsOf(replicas, 1).map((event) => event.callId)).size).toBe(1);
  });

  it('let a call without a key end as OUTCOME_UNKNOWN, never repeated', async () => {
    await start(2);
    const call = caller.rpc.call(ONCE, { n: 1, workMs: 2_000 }, options).catch((error: unknown) => error);
    const { holder } = await holderOf(1);
    await holder.end('SIGKILL');
    const error = await call;
    expect(error).toBeInstanceOf(CallError);
    expect((error as CallError).code).toBe('OUTCOME_UNKNOWN');
    await sleep(500);
    expect(beginsOf(replicas, 1)).toHaveLength(1);
  });

  it('keep their calls while they live: a handler of 6 s runs once', async () => {
    await start(3);
    const replies = await Promise.all([1, 2, 3].map((n) => caller.rpc.call(KEYED, { n, workMs: 6_000 }, options)));
    expect(replies.map((reply) => reply.delivery)).toEqual([1, 1, 1]);
    for (const n of [1, 2, 3]) expect(beginsOf(replicas, n)).toHaveLength(1);
  });

  it('may resume: a paused one answers late, and the caller gets one answer', async () => {
    await start(2);
    const call = caller.rpc.call(READ, { n: 1, workMs: 300 }, options);
    const { holder, other } = await holderOf(1);
    holder.signal('SIGSTOP');
    expect(await call).toMatchObject({ pid: other.pid, delivery: 2 });
    // The paused one's connection still takes one record, which its caller then repeats.
    expect(await caller.rpc.call(READ, { n: 4 }, options)).toMatchObject({ pid: other.pid });
    // When it resumes with stale data it must not claim the living one's calls.
    const long = caller.rpc.call(READ, { n: 2, workMs: 5_000 }, options);
    await waitFor(() => other.begun(2));
    await sleep(2_000);
    holder.signal('SIGCONT');
    expect(await long).toMatchObject({ pid: other.pid, delivery: 1 });
    expect(beginsOf(replicas, 2)).toHaveLength(1);
    expect(await caller.rpc.call(READ, { n: 3 }, options)).toMatchObject({ n: 3 });
  });

  it('do not die one after another: a call that kills replicas is given up', async () => {
    await start(5);
    const call = caller.rpc.call(READ, { n: 1, workMs: 10_000 }, options).catch((error: unknown) => error);
    for (let deaths = 1; deaths <= 4; deaths += 1) {
      const holder = await waitFor(() => replicas.find((replica) => replica.begun(1)));
      replicas.splice(replicas.indexOf(holder), 1);
      await holder.end('SIGKILL');
    }
    const error = await call;
    expect(error).toBeInstanceOf(CallError);
    expect((error as CallError).code).toBe('INTERNAL');
    expect((error as CallError).message).toContain('4 replicas died');
  });

  it('finish their calls at SIGTERM', async () => {
    await start(2);
    const calls = [1, 2].map((n) => caller.rpc.call(READ, { n, workMs: 1_000 }, options));
    await waitFor(() => beginsOf(replicas, 1).length + beginsOf(replicas, 2).length === 2);
    await replicas[0]?.end('SIGTERM');
    expect((await Promise.all(calls)).map((reply) => reply.delivery)).toEqual([1, 1]);
    expect(await caller.rpc.call(READ, { n: 3 }, options)).toMatchObject({ pid: replicas[1]?.pid });
  });

  it('hand over unfinished calls at the end of their grace, with the same key', async () => {
    await start(2, 64, { graceMs: 200 });
    const call = caller.rpc.call(KEYED, { n: 1, workMs: 3_000 }, { ...options, key: 'k', deadlineMs: 60_000 });
    const { holder, other } = await holderOf(1);
    await holder.end('SIGTERM');
    expect(holder.events.filter(({ kind }) => kind === 'end')).toEqual([]);
    expect(await call).toMatchObject({ key: 'k', delivery: 2, pid: other.pid });
    expect(beginsOf(replicas, 1).map(({ key }) => key)).toEqual(['k', 'k']);
  });
});
