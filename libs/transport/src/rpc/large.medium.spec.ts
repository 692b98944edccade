import type { INestMicroservice } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import { freshPrefix, type RedisServer, startRedis, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEYED, READ, TEXT } from './fixtures/calls';
import { type Caller, createCaller, TESTER } from './fixtures/harness';
import { type ReplicaEvent, startReplicaApp } from './fixtures/replica-app';
import { RedisRpcServer } from './index';
import { LargeAnswerFetcher, LargeAnswerStore } from './large-answers';
import { rpcKeys } from './wire';

// Real: a Redis of its own, both sides of the transport.

const options = { principal: TESTER };
const MB = 1024 * 1024;

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: unknown) => (error instanceof CallError ? error.code : String(error)),
  );
}

describe('large calls', () => {
  let redis: RedisServer;
  let prefix: string;
  let caller: Caller;
  let app: INestMicroservice | undefined;
  let events: ReplicaEvent[];

  beforeAll(async () => (redis = await startRedis()));
  afterAll(() => redis.stop());

  beforeEach(async () => {
    prefix = freshPrefix('rpc');
    events = [];
    caller = await createCaller(redis.url, prefix, { maxQueuedBytes: 2 * MB });
  });

  afterEach(async () => {
    caller.close();
    await app?.close();
    app = undefined;
  });

  async function startReplica(): Promise<void> {
    app = await startReplicaApp({ redisUrl: redis.url, keyPrefix: prefix }, (event) => events.push(event));
    await waitFor(() => app?.get(RedisRpcServer).isReady);
  }

  const queued = (): Promise<number> => caller.connections.commands.xlen(rpcKeys.requests(prefix, 'chat'));
  const waiting = (): Promise<number> =>
    caller.connections.commands.exists(rpcKeys.large(prefix, caller.connections.processId));

  it('replies wait in a key: Redis does not disconnect the caller’s subscriber, and small replies overtake them', async () => {
    await startReplica();
    let lost = 0;
    caller.connections.subscriptions.onLost(() => (lost += 1));
    // The caller does not read meanwhile, so published messages pile up at Redis, as for a blocked process.
    await caller.connections.commands.config('SET', 'client-output-buffer-limit', 'pubsub 4mb 0 0');
    const lengths = Array.from({ length: 24 }, (_, n) => MB + n);
    const replies = await Promise.all([
      ...lengths.map((length) => caller.rpc.call(TEXT, { length }, options)),
      ...Array.from({ length: 200 }, () => caller.rpc.call(TEXT, { length: 40_000 }, options)),
    ]);
    expect(replies.slice(0, 24).map(({ text }) => text.length)).toEqual(lengths);
    expect(replies.at(-1)?.text).toBe('ä'.repeat(40_000));
    expect(lost).toBe(0);
    expect(await caller.connections.commands.hgetall(rpcKeys.large(prefix, caller.connections.processId))).toEqual({
      '#': '0',
    });
  });

  it('replies whose pointer was lost are fetched after the reconnect', async () => {
    await startReplica();
    const calls = [1, 2, 3].map((n) => caller.rpc.call(TEXT, { length: MB + n }, options));
    await waitFor(() => events.length === 3);
    const clients = String(await caller.connections.commands.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    const id = /id=(\d+)[^\n]*name=caller:subscriber/.exec(clients)?.[1] ?? '';
    await caller.connections.commands.client('KILL', 'ID', id);
    expect((await Promise.all(calls)).map(({ text }) => text.length)).toEqual([1, 2, 3].map((n) => MB + n));
    await waitFor(
      async () =>
        (await waiting()) === 0 ||
        (await caller.connections.commands.hlen(rpcKeys.large(prefix, caller.connections.processId))) === 1,
    );
  });

  it('unfetched replies of one process are bounded', async () => {
    const { commands } = caller.connections;
    // On a busy machine the previous test may have cost it its connection.
    await waitFor(() => commands.status === 'ready', { what: 'the connection for commands' });
    const store = new LargeAnswerStore(commands);
    const answer = 'x'.repeat(20 * MB);
    const kept = [];
    for (const call of ['1', '2', '3', '4']) kept.push(await store.keep(`${prefix}:large`, call, answer));
    expect(kept).toEqual(['kept', 'kept', 'kept', 'full']);
    // Repeating the same reply replaces it, and a single one is always kept.
    expect(await store.keep(`${prefix}:large`, '3', answer)).toBe('kept');
    expect(await store.keep(`${prefix}:other`, '1', 'x'.repeat(65 * MB))).toBe('kept');
    expect(await commands.pttl(`${prefix}:large`)).toBeGreaterThan(0);
    // A full Redis keeps no more, and still returns what it has.
    await commands.config('SET', 'maxmemory', '1');
    expect(await store.keep(`${prefix}:other`, '2', 'x')).toBe('full');
    const fetcher = new LargeAnswerFetcher(commands, `${prefix}:large`);
    expect(await fetcher.take('1', answer.length)).toBe(answer);
    await commands.config('SET', 'maxmemory', '0');
    await commands.del(`${prefix}:large`, `${prefix}:other`);
  });

  it('a reply without room is refused with an error that says whether the call had an effect', async () => {
    await startReplica();
    const { commands, subscriptions } = caller.connections;
    const answers: [call: string, kind: number, failure: { code: string }][] = [];
    await subscriptions.subscribe(rpcKeys.replies(prefix, 'full'), (message) =>
      answers.push(...(JSON.parse(message) as typeof answers)),
    );
    await commands.hset(rpcKeys.large(prefix, 'full'), '#', 64 * MB);
    for (const [n, { pattern }] of [READ, KEYED].entries()) {
      const record = { i: `full.${n}`, p: pattern, b: 30_000, u: TESTER, m: 10, d: { n } };
      await commands.xadd(rpcKeys.requests(prefix, 'chat'), '*', 'r', JSON.stringify(record));
    }
    await waitFor(() => answers.length === 2, { timeoutMs: 15_000 });
    const told = answers.map(([call, kind, { code }]) => [call, kind, code]).sort();
    expect(told).toEqual([
      ['0', 0, 'UNAVAILABLE'],
      ['1', 0, 'OUTCOME_UNKNOWN'],
    ]);
  });

  it('a caller of the previous version gets its reply directly', async () => {
    await startReplica();
    const answers: string[] = [];
    await caller.connections.subscriptions.subscribe(rpcKeys.replies(prefix, 'older'), (message) =>
      answers.push(message),
    );
    const record = { i: 'older.1', p: TEXT.pattern, b: 5_000, u: TESTER, d: { length: 300_000 } };
    await caller.connections.commands.xadd(rpcKeys.requests(prefix, 'chat'), '*', 'r', JSON.stringify(record));
    await waitFor(() => answers.length === 1);
    expect(JSON.parse(answers[0] ?? '')).toEqual([['1', 1, { text: 'ä'.repeat(300_000) }]]);
  });

  it('calls to a hanging service are refused beyond its bytes, and leave nothing behind', async () => {
    const { commands } = caller.connections;
    const text = 'x'.repeat(MB / 2);
    for (let round = 0; round < 2; round += 1) {
      const calls = Array.from({ length: 20 }, () =>
        codeOf(caller.rpc.call(TEXT, { text, length: 1 }, { ...options, deadlineMs: 3_000 })),
      );
      const codes = await Promise.all(calls);
      expect(codes.filter((code) => code === 'DEADLINE_EXCEEDED')).toHaveLength(3);
      expect(codes.filter((code) => code === 'UNAVAILABLE')).toHaveLength(17);
      await waitFor(async () => (await queued()) === 0);
    }
    expect(Number(await commands.memory('USAGE', rpcKeys.requests(prefix, 'chat')))).toBeLessThan(100_000);
    await startReplica();
    expect((await caller.rpc.call(TEXT, { length: 7 }, options)).text).toBe('ä'.repeat(7));
    expect(events).toHaveLength(1);
  });

  it('a call whose caller gave up is removed from the queue', async () => {
    const controller = new AbortController();
    const early = new AbortController();
    const calls = [controller, early].map(({ signal }) =>
      codeOf(caller.rpc.call(READ, { n: 1 }, { ...options, signal })),
    );
    // Before Redis has replied with the record's id.
    setImmediate(() => early.abort());
    await waitFor(async () => (await queued()) >= 1);
    controller.abort();
    expect(await Promise.all(calls)).toEqual(['CANCELLED', 'CANCELLED']);
    await waitFor(async () => (await queued()) === 0);
  });

  it('a starting replica does not start calls whose deadline has passed, even if the caller died', async () => {
    const stream = rpcKeys.requests(prefix, 'chat');
    for (let n = 0; n < 5; n += 1) {
      const record = JSON.stringify({ i: `dead.${n}`, p: READ.pattern, b: 1, u: TESTER, d: { n } });
      await caller.connections.commands.xadd(stream, '*', 'r', record);
    }
    await startReplica();
    await waitFor(async () => (await queued()) === 0);
    await caller.rpc.call(READ, { n: 9 }, options);
    expect(events.flatMap((event) => (event.kind === 'begin' ? [event.n] : []))).toEqual([9]);
  });
});
