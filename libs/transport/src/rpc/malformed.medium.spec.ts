import type { INestMicroservice } from '@nestjs/common';
import { CallError, defineNotice } from '@perennial/contracts-kernel';
import { Metrics } from '@perennial/runtime';
import { freshPrefix, redisUrl, sleep, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Notices } from '../notices';
import { KEYED, READ } from './fixtures/calls';
import { type Caller, createCaller, TESTER } from './fixtures/harness';
import { type ReplicaEvent, startReplicaApp } from './fixtures/replica-app';
import { RedisRpcServer } from './index';
import { rpcKeys } from './wire';

// Real: Redis, both sides of the transport, and malformed data that no version ever wrote.

const options = { principal: TESTER };
const sound = { i: 'someone.1', p: READ.pattern, b: 5_000, u: TESTER, d: { n: 1 } };
const record = (changes: object): string[] => ['r', JSON.stringify({ ...sound, ...changes })];

const MALFORMED: [what: string, fields: string[]][] = [
  ['an empty object', ['r', '{}']],
  ['null', ['r', 'null']],
  ['an array', ['r', '[]']],
  ['a text', ['r', '"r"']],
  ['no JSON', ['r', '{"i":']],
  ['no text at all', ['r', '']],
  ['another field', ['x', 'y']],
  ['a call id without a process', record({ i: 'x' })],
  ['a call id that breaks out of its answer', record({ i: 'p.1",1],["2' })],
  ['a call id that is no text', record({ i: { a: 1 } })],
  ['a pattern that is none', record({ p: 7 })],
  ['no principal', record({ u: null })],
  ['a budget that is none', record({ b: 'soon' })],
  ['an endless budget', record({ b: 1e300 })],
  ['a key that is none', record({ k: [] })],
  ['a trace that is none', record({ t: { traceparent: {} } })],
];

describe('malformed data', () => {
  const prefix = freshPrefix('rpc');
  const stream = rpcKeys.requests(prefix, 'chat');
  const metrics = new Metrics('chat');
  const events: ReplicaEvent[] = [];
  let app: INestMicroservice;
  let caller: Caller;

  beforeAll(async () => {
    app = await startReplicaApp({ redisUrl: redisUrl(), keyPrefix: prefix, metrics }, (event) => events.push(event));
    caller = await createCaller(redisUrl(), prefix);
    await waitFor(() => app.get(RedisRpcServer).isReady);
  });

  afterAll(async () => {
    caller.close();
    await app.close();
  });

  const letters = async (): Promise<string[]> =>
    (await caller.connections.deadLetters.list(1_000)).map(({ source, reason }) => `${source}: ${reason}`);
  const redis = () => caller.connections.commands;

  it('in a request stream becomes a dead letter once, and other calls are answered', async () => {
    await Promise.all(MALFORMED.map(([, fields]) => redis().xadd(stream, '*', ...fields)));
    const replies = await Promise.all([1, 2, 3].map((n) => caller.rpc.call(READ, { n }, options)));
    expect(replies.map(({ n }) => n)).toEqual([1, 2, 3]);
    await waitFor(async () => (await redis().xlen(stream)) === 0);
    const [pending] = (await redis().xpending(stream, 'replicas')) as [number];
    expect(pending).toBe(0);
    expect(await letters()).toHaveLength(MALFORMED.length);
    // None of it is delivered again.
    await sleep(700);
    expect(await letters()).toHaveLength(MALFORMED.length);
    expect((await metrics.text()).body).toContain(
      `perennial_dead_letters_total{source="rpc:chat",service="chat"} ${MALFORMED.length}`,
    );
  });

  it('is kept with its content, in a bounded stream', async () => {
    const many = Array.from({ length: 1_100 }, (_, n) => redis().xadd(stream, '*', 'r', `"${n} ${'x'.repeat(9_000)}"`));
    await Promise.all(many);
    await waitFor(async () => (await redis().xlen(stream)) === 0);
    const kept = await caller.connections.deadLetters.list(5_000);
    expect(kept.length).toBeLessThanOrEqual(1_000);
    expect(kept[0]).toMatchObject({ source: 'rpc:chat', reason: 'not a call' });
    expect(kept[0]?.content).toMatch(/^\["r","\\"\d+ x/);
    expect(kept[0]?.content.length).toBeLessThanOrEqual(4_096);
    await caller.connections.deadLetters.clear();
    expect(await letters()).toEqual([]);
  });

  it('in a reply channel does not block other replies', async () => {
    const call = caller.rpc.call(READ, { n: 9, workMs: 300 }, options);
    await waitFor(() => events.some((event) => event.kind === 'begin' && event.n === 9));
    const channel = rpcKeys.replies(prefix, caller.connections.processId);
    for (const message of [
      'null',
      '{}',
      'no JSON',
      '[null]',
      '[[]]',
      '[["0"]]',
      '[["0",0,null]]',
      '[["0",0,{"code":7}]]',
    ])
      await redis().publish(channel, message);
    const answer = JSON.stringify({ n: 8, pid: 1, key: 'k', delivery: 1 });
    const other = caller.rpc.call(KEYED, { n: 8, workMs: 60_000 }, { ...options, deadlineMs: 3_000 });
    await waitFor(() => events.some((event) => event.kind === 'begin' && event.n === 8));
    const begun = events.find((event) => event.kind === 'begin' && event.n === 8);
    const number = begun?.kind === 'begin' ? begun.callId.slice(begun.callId.lastIndexOf('.') + 1) : '';
    await redis().publish(channel, `[null,["${number}",1,${answer}]]`);
    expect(await other).toMatchObject({ n: 8 });
    expect(await call).toMatchObject({ n: 9 });
    await waitFor(async () => (await letters()).length === 9);
    expect(new Set(await letters())).toEqual(new Set(['reply: not an answer']));
  });

  it('as a notice reaches no handler', async () => {
    await caller.connections.deadLetters.clear();
    const HAPPENED = defineNotice('test.happened', z.object({ what: z.string() }));
    const seen: unknown[] = [];
    const stop = await new Notices(caller.connections).subscribe(HAPPENED, (payload) => seen.push(payload));
    for (const message of ['null', '{}', 'no JSON', '{"what":7}', '{"what":"rain"}'])
      await redis().publish(`${prefix}:notice:test.happened`, message);
    await waitFor(() => seen.length === 1);
    expect(seen).toEqual([{ what: 'rain' }]);
    // Four at the notice's subscriber, one at the replica's event handler, which takes any JSON.
    await waitFor(async () => (await letters()).length === 5);
    stop();
  });

  it('as the key of the stream itself is retried once a second, not a thousand times', async () => {
    await redis().del(stream);
    await redis().set(stream, 'not a stream');
    await waitFor(async () => {
      const failed = await caller.rpc
        .call(READ, { n: 1 }, { ...options, deadlineMs: 300 })
        .catch((error: unknown) => error);
      return failed instanceof CallError;
    });
    const before = await commandsOf(redis());
    await sleep(1_500);
    expect((await commandsOf(redis())) - before).toBeLessThan(200);
    await redis().del(stream);
    await waitFor(() => caller.rpc.call(READ, { n: 2 }, { ...options, deadlineMs: 1_000 }), { timeoutMs: 10_000 });
  });
});

/** Number of XGROUP CREATEs so far, of all clients of this server. */
async function commandsOf(redis: Caller['connections']['commands']): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(/cmdstat_xgroup\|create:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
