import { freshPrefix, redisUrl, sleep, waitFor } from '@perennial/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KEYED, ONCE, READ } from './fixtures/calls';
import { type Caller, createCaller, TESTER } from './fixtures/harness';
import { type CallRecord, REPLICA_GROUP, rpcKeys, splitCallId } from './wire';

// Real: Redis and the calling side. The replicas are consumers that do exactly what the test says: no other one claims their records.

const options = { principal: TESTER };

describe('a call whose replica', () => {
  let prefix: string;
  let stream: string;
  let caller: Caller;
  const consumers: Redis[] = [];

  beforeAll(async () => {
    prefix = freshPrefix('rpc');
    stream = rpcKeys.requests(prefix, 'chat');
    caller = await createCaller(redisUrl(), prefix);
    await waitFor(() => caller.connections.commands.status === 'ready', { what: 'the connection' });
    await caller.connections.commands.xgroup('CREATE', stream, REPLICA_GROUP, '0', 'MKSTREAM');
  });

  beforeEach(() => caller.connections.commands.xtrim(stream, 'MAXLEN', 0));

  afterAll(() => {
    caller.close();
    for (const consumer of consumers) consumer.disconnect();
  });

  interface Taken {
    streamId: string;
    record: CallRecord;
  }

  /** Reads as one replica; at most `count` records. Resolves to none when none came within 4 s. */
  async function replica(
    name: string,
  ): Promise<{ take(count: number): Promise<Taken[]>; renew(streamId: string): Promise<unknown> }> {
    const redis = caller.connections.create('blocking', 'chat');
    consumers.push(redis);
    await waitFor(() => redis.status === 'ready');
    return {
      take: async (count) => {
        const args = ['GROUP', REPLICA_GROUP, name, 'COUNT', count, 'BLOCK', 4_000, 'STREAMS', stream, '>'];
        const reply = (await redis.call('XREADGROUP', args)) as [string, [string, string[]][]][] | null;
        return (reply?.[0]?.[1] ?? []).map(([streamId, fields]) => ({
          streamId,
          record: JSON.parse(fields[1] ?? '') as CallRecord,
        }));
      },
      renew: (id) => caller.connections.commands.xclaim(stream, REPLICA_GROUP, name, 0, id, 'JUSTID'),
    };
  }

  async function answer(...frames: [record: CallRecord, kind: 0 | 1, body: object][]): Promise<void> {
    const { processId, commands } = caller.connections;
    const message = frames.map(([{ i }, kind, body]) => [splitCallId(i).call, kind, body]);
    await commands.publish(rpcKeys.replies(prefix, processId), JSON.stringify(message));
  }

  const done = (n: number) => ({ n, pid: 1, key: 'k', delivery: 1 });

  it('goes silent is sent to another, if it may be delivered twice', async () => {
    const [silent, other] = [await replica('silent'), await replica('other')];
    const calls = [
      caller.rpc.call(READ, { n: 1 }, options),
      caller.rpc.call(KEYED, { n: 2 }, { ...options, key: 'payment-7' }),
      caller.rpc.call(ONCE, { n: 3 }, options),
      caller.rpc.call(READ, { n: 4 }, options),
    ];
    const first = await silent.take(10);
    expect(first).toHaveLength(4);
    // It still works on the last one.
    const renewing = setInterval(() => void silent.renew(first[3]?.streamId ?? ''), 200);
    const again = await other.take(10);
    clearInterval(renewing);
    expect(again.map(({ record: { i, k, n, d } }) => ({ i, k, n, d }))).toEqual(
      first.slice(0, 2).map(({ record: { i, k, d } }) => ({ i, k, n: 1, d })),
    );
    // The first records go to nobody else.
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 4);
    const left = await caller.connections.commands.xrange(stream, '-', '+');
    expect(left.map(([id]) => id)).toEqual([...first.slice(2), ...again].map(({ streamId }) => streamId));
    await answer(...again.map(({ record }, index) => [record, 1, done(index + 1)] as [CallRecord, 1, object]));
    await answer(...first.slice(2).map(({ record }, index) => [record, 1, done(index + 3)] as [CallRecord, 1, object]));
    expect((await Promise.all(calls)).map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  });

  it('goes silent waits for it, when the queue has no room to ask another', async () => {
    const silent = await replica('silent');
    const narrow = await createCaller(redisUrl(), prefix, { maxQueued: 1 });
    const call = narrow.rpc.call(READ, { n: 1 }, options);
    const [taken] = await silent.take(1);
    if (!taken) throw new Error('no call arrived');
    await sleep(2_200);
    const { processId, commands } = narrow.connections;
    const reply = JSON.stringify([[splitCallId(taken.record.i).call, 1, done(1)]]);
    await commands.publish(rpcKeys.replies(prefix, processId), reply);
    expect(await call).toMatchObject({ n: 1 });
    narrow.close();
  });

  it('lives and hangs is sent to another in time, if its deadline is short', async () => {
    const [hanging, other] = [await replica('hangs'), await replica('works')];
    const short = caller.rpc.call(READ, { n: 1 }, { ...options, deadlineMs: 5_000 });
    const long = caller.rpc.call(READ, { n: 2 }, options);
    const first = await hanging.take(10);
    expect(first).toHaveLength(2);
    const renewing = setInterval(() => first.forEach(({ streamId }) => void hanging.renew(streamId)), 200);
    const again = await other.take(10);
    clearInterval(renewing);
    expect(again.map(({ record: { i, n } }) => ({ i, n }))).toEqual([{ i: first[0]?.record.i, n: 1 }]);
    for (const { record } of [...again, ...first.slice(1)]) await answer([record, 1, done(1)]);
    await Promise.all([short, long]);
  });

  it('is slow does it, although another that was asked meanwhile has no place for it', async () => {
    const [slow, full] = [await replica('slow'), await replica('full')];
    const call = caller.rpc.call(READ, { n: 1 }, { ...options, deadlineMs: 5_000 });
    const [first] = await slow.take(1);
    const renewing = setInterval(() => void slow.renew(first!.streamId), 200);
    const [again] = await full.take(1);
    clearInterval(renewing);
    await answer([again!.record, 0, { code: 'RESOURCE_EXHAUSTED', message: 'full' }]);
    await answer([first!.record, 1, done(1)]);
    await expect(call).resolves.toEqual(done(1));
  });

  it('refuses is sent again at once, and then after a moment: the one that refused is free before those that work', async () => {
    const one = await replica('refuses');
    const failure = { code: 'UNAVAILABLE', message: 'no database', details: { elsewhere: true } };
    const refused = caller.rpc.call(READ, { n: 1 }, options);
    const [first] = await one.take(1);
    const answered = caller.rpc.call(READ, { n: 2 }, options);
    const [second] = await one.take(1);
    if (!first || !second) throw new Error('a call did not arrive');
    await answer([first.record, 0, failure]);
    const [again] = await one.take(1);
    if (!again) throw new Error('the call was not sent again');
    await answer([again.record, 0, failure], [second.record, 1, done(2)]);
    await answered;
    const later = caller.rpc.call(READ, { n: 3 }, options);
    const next = await one.take(1);
    expect(next.map(({ record }) => record.d)).toEqual([{ n: 3, workMs: 0 }]);
    const last = await one.take(1);
    expect([again, ...last].map(({ record: { d, k, n } }) => ({ d, k, n }))).toEqual(
      [1, 2].map((n) => ({ d: { n: 1, workMs: 0 }, k: first.record.i, n })),
    );
    for (const { record } of [...next, ...last]) await answer([record, 1, done((record.d as { n: number }).n)]);
    expect((await Promise.all([refused, later])).map(({ n }) => n)).toEqual([1, 3]);
  });
});
