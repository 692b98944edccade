import { once } from 'node:events';
import type { INestMicroservice } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CallError, defineCall, defineNotice } from '@perennial/contracts-kernel';
import { Metrics } from '@perennial/runtime';
import { freshPrefix, redisUrl, sleep, waitFor } from '@perennial/testing';
import { firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { Notices } from '../notices';
import { FAIL, KEYED, ONCE, READ, TRACE } from './fixtures/calls';
import { type Caller, createCaller, TESTER } from './fixtures/harness';
import { LostDatabase, type ReplicaEvent, startReplicaApp } from './fixtures/replica-app';
import { RedisRpcServer, RpcRequest } from './index';
import { rpcKeys } from './wire';

// Real: Redis, Nest, both sides of the transport. Caller and replica share this process.

const options = { principal: TESTER };

async function errorOf(call: Promise<unknown>): Promise<CallError> {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw error;
  return error;
}

describe('calls', () => {
  let prefix: string;
  let events: ReplicaEvent[];
  let app: INestMicroservice;
  let caller: Caller;
  let metrics: Metrics;

  beforeEach(async () => {
    prefix = freshPrefix('rpc');
    events = [];
    metrics = new Metrics('chat');
    app = await startReplicaApp({ redisUrl: redisUrl(), keyPrefix: prefix, concurrency: 4, metrics }, (event) =>
      events.push(event),
    );
    caller = await createCaller(redisUrl(), prefix, { maxQueued: 10 });
    await waitFor(() => app.get(RedisRpcServer).isReady);
  });

  afterEach(async () => {
    caller.close();
    await app.close();
  });

  const begun = (n: number): boolean => events.some((event) => event.kind === 'begin' && event.n === n);

  it('answers its caller and leaves nothing in Redis', async () => {
    const replies = await Promise.all([1, 2, 3].map((n) => caller.rpc.call(READ, { n }, options)));
    expect(replies.map((reply) => reply.n)).toEqual([1, 2, 3]);
    const stream = rpcKeys.requests(prefix, 'chat');
    await waitFor(async () => (await caller.connections.commands.xlen(stream)) === 0);
    const [pending] = (await caller.connections.commands.xpending(stream, 'replicas')) as [number];
    expect(pending).toBe(0);
  });

  it('passes the key of a keyed call, or the call id, to the handler', async () => {
    expect(await caller.rpc.call(KEYED, { n: 1 }, { ...options, key: 'k-1' })).toMatchObject({
      key: 'k-1',
      delivery: 1,
    });
    const { key } = await caller.rpc.call(KEYED, { n: 2 }, options);
    expect(key).toMatch(/^caller-[0-9a-f]{16}\.\w+$/);
  });

  it('carries an error as code, message and details', async () => {
    const error = await errorOf(caller.rpc.call(FAIL, { how: 'call-error' }, options));
    expect(error.toJSON()).toEqual({ code: 'NOT_FOUND', message: 'There is no such thing.', details: { thing: 7 } });
  });

  it('reveals only the id of an unexpected error', async () => {
    const error = await errorOf(caller.rpc.call(FAIL, { how: 'unknown' }, options));
    expect(error.code).toBe('INTERNAL');
    expect(error.details.errorId).toMatch(/^err-[0-9a-f]{12}$/);
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('validates a request before it is sent', async () => {
    const error = await errorOf(caller.rpc.call(READ, { n: 1.5 }, options));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain('n: ');
    expect(events).toEqual([]);
  });

  it('validates a request at the replica too', async () => {
    const { service, pattern, effect, deadlineMs } = READ;
    const error = await errorOf(
      caller.client.request({ service, pattern, effect, deadlineMs, principal: TESTER, data: { n: 'one' } }),
    );
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(events).toEqual([]);
  });

  it('validates a reply at the replica', async () => {
    expect((await errorOf(caller.rpc.call(FAIL, { how: 'bad-reply' }, options))).code).toBe('INTERNAL');
  });

  it('validates a reply at the caller too', async () => {
    const newer = defineCall({
      pattern: 'chat.test.read',
      effect: 'read',
      request: READ.request,
      reply: z.object({ n: z.int(), colour: z.string() }),
    });
    const error = await errorOf(caller.rpc.call(newer, { n: 1 }, options));
    expect(error.code).toBe('INTERNAL');
    expect(error.details.errorId).toBeDefined();
  });

  it('answers UNAVAILABLE for a call that this version of the service does not know', async () => {
    const unknown = defineCall({
      pattern: 'chat.test.newer',
      effect: 'read',
      request: z.object({}),
      reply: z.object({}),
    });
    expect((await errorOf(caller.rpc.call(unknown, {}, options))).code).toBe('UNAVAILABLE');
  });

  describe('while a replica yields', () => {
    let other: INestMicroservice;

    beforeEach(async () => {
      const replica = { redisUrl: redisUrl(), keyPrefix: prefix, concurrency: 4 };
      other = await startReplicaApp(replica, ({ kind }) => kind === 'begin' && atOther.push(kind));
      await waitFor(() => other.get(RedisRpcServer).isReady);
      atOther.length = 0;
      events.length = 0;
    });

    afterEach(async () => {
      app.get(RedisRpcServer).yieldToOthers(false);
      await other.close();
    });

    const atOther: string[] = [];

    it('the others take all calls, as long as there are any', async () => {
      app.get(RedisRpcServer).yieldToOthers(true);
      // Its read, under way until now, has ended.
      await sleep(100);
      for (let n = 0; n < 40; n += 1) expect(await caller.rpc.call(READ, { n }, options)).toMatchObject({ n });
      expect([atOther.length, events]).toEqual([40, []]);
      other.get(RedisRpcServer).yieldToOthers(true);
      expect(await caller.rpc.call(READ, { n: 41 }, options)).toMatchObject({ n: 41 });
    });

    it('it takes its share again afterwards', async () => {
      app.get(RedisRpcServer).yieldToOthers(true);
      app.get(RedisRpcServer).yieldToOthers(false);
      await waitFor(async () => {
        for (let n = 0; n < 10; n += 1) await caller.rpc.call(READ, { n }, options);
        return events.some(({ kind }) => kind === 'begin') && atOther.length > 0;
      });
    });
  });

  describe('while a replica has lost its database', () => {
    let other: INestMicroservice;

    beforeEach(async () => {
      const replica = { redisUrl: redisUrl(), keyPrefix: prefix, concurrency: 4 };
      other = await startReplicaApp(replica, (event) => events.push(event));
      await waitFor(() => other.get(RedisRpcServer).isReady);
      app.get(LostDatabase).isLost = true;
    });

    afterEach(() => other.close());

    const begins = (n: number) => events.filter((event) => event.kind === 'begin' && event.n === n);

    it('asks another one, with the same key', async () => {
      for (let n = 0; n < 20; n += 1) expect(await caller.rpc.call(KEYED, { n }, options)).toMatchObject({ n });
      const repeated = [...Array(20).keys()].map(begins).filter((attempts) => attempts.length > 1);
      expect(repeated.length).toBeGreaterThan(0);
      for (const attempts of repeated) {
        const keys = new Set(attempts.map((attempt) => 'key' in attempt && attempt.key));
        expect(keys.size).toBe(1);
      }
    });

    it('does not repeat a call that may happen once only', async () => {
      let failed = 0;
      for (let n = 0; n < 20; n += 1) await caller.rpc.call(ONCE, { n }, options).catch(() => (failed += 1));
      expect(failed).toBeGreaterThan(0);
      for (let n = 0; n < 20; n += 1) expect(begins(n)).toHaveLength(1);
    });

    it('tells the caller when all have lost it, and does not ask for ever', async () => {
      other.get(LostDatabase).isLost = true;
      const error = await errorOf(caller.rpc.call(READ, { n: 1 }, options));
      expect(error.toJSON()).toEqual({ code: 'UNAVAILABLE', message: 'The database cannot be reached.', details: {} });
      expect(begins(1)).toHaveLength(3);
      await Promise.all([...Array(200).keys()].map((n) => errorOf(caller.rpc.call(READ, { n: 100 + n }, options))));
      expect(events.filter(({ kind }) => kind === 'begin').length).toBeLessThan(2 * 200);
    });

    it('ends with its caller in the second attempt too', async () => {
      other.get(LostDatabase).isLost = false;
      const controller = new AbortController();
      const calls = [1, 2, 3, 4].map((n) =>
        caller.rpc.call(READ, { n, workMs: 60_000 }, { ...options, signal: controller.signal }),
      );
      const ended = Promise.all(calls.map(errorOf));
      await waitFor(() => other.get(RedisRpcServer).inFlight === 4, {
        what: 'the one with a database to have them all',
      });
      expect(events.filter(({ kind }) => kind === 'begin').length).toBeGreaterThan(4);
      controller.abort();
      expect((await ended).map(({ code }) => code)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED']);
      await waitFor(() => events.filter(({ kind }) => kind === 'aborted').length === 4);
    });
  });

  it('ends at the deadline, at the caller and the replica', async () => {
    const error = await errorOf(caller.rpc.call(READ, { n: 1, workMs: 60_000 }, { ...options, deadlineMs: 300 }));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    await waitFor(() => events.some((event) => event.kind === 'aborted' && event.reason === 'DEADLINE_EXCEEDED'));
  });

  it('is neither ended nor refused by a clock that is corrected', async () => {
    const running = caller.rpc.call(READ, { n: 1, workMs: 300 }, options);
    await waitFor(() => begun(1));
    onTestFinished(() => void vi.useRealTimers());
    for (const minutes of [9, -9]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
      expect(await caller.rpc.call(READ, { n: 2 }, options)).toMatchObject({ n: 2 });
      vi.useRealTimers();
    }
    expect(await running).toMatchObject({ n: 1 });
  });

  it('waits for a connection that is lost for a moment, also when the clock is corrected then', async () => {
    onTestFinished(() => void vi.useRealTimers());
    const { commands } = caller.connections;
    for (const minutes of [9, -9]) {
      const lost = once(commands, 'close');
      commands.disconnect(true);
      await lost;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
      expect(await caller.rpc.call(READ, { n: 1 }, options)).toMatchObject({ n: 1 });
      vi.useRealTimers();
    }
  });

  it('does not start a call whose deadline has passed in the queue', async () => {
    const blockers = [1, 2, 3, 4].map((n) => caller.rpc.call(READ, { n, workMs: 1_500 }, options));
    await waitFor(() => begun(4));
    expect((await errorOf(caller.rpc.call(READ, { n: 5 }, { ...options, deadlineMs: 200 }))).code).toBe(
      'DEADLINE_EXCEEDED',
    );
    await Promise.all(blockers);
    await caller.rpc.call(READ, { n: 6 }, options);
    expect(begun(5)).toBe(false);
  });

  it('cancels a running call at its replica', async () => {
    const controller = new AbortController();
    const call = caller.rpc.call(READ, { n: 1, workMs: 60_000 }, { ...options, signal: controller.signal });
    await waitFor(() => begun(1));
    controller.abort();
    expect((await errorOf(call)).code).toBe('CANCELLED');
    await waitFor(() => events.some((event) => event.kind === 'aborted' && event.reason === 'CANCELLED'));
  });

  it('does not run a call that was cancelled in the queue', async () => {
    const blockers = [1, 2, 3, 4].map((n) => caller.rpc.call(READ, { n, workMs: 1_500 }, options));
    await waitFor(() => begun(4));
    const controller = new AbortController();
    const call = caller.rpc.call(READ, { n: 5 }, { ...options, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    expect((await errorOf(call)).code).toBe('CANCELLED');
    await Promise.all(blockers);
    await caller.rpc.call(READ, { n: 6 }, options);
    expect(begun(5)).toBe(false);
  });

  it('runs at most as many calls as it has slots, and refuses calls beyond the queue', async () => {
    const calls = Array.from({ length: 14 }, (_, n) => caller.rpc.call(READ, { n, workMs: 400 }, options));
    const codes = await Promise.all(
      calls.map((call) =>
        call.then(
          () => 'OK',
          (error: CallError) => `${error.code} ${error.details.retryAfter}`,
        ),
      ),
    );
    expect(codes.filter((code) => code === 'OK')).toHaveLength(10);
    expect(codes.filter((code) => code === 'UNAVAILABLE 1')).toHaveLength(4);
    let inWork = 0;
    let most = 0;
    for (const event of events) {
      if (event.kind === 'begin') most = Math.max(most, (inWork += 1));
      if (event.kind === 'end') inWork -= 1;
    }
    expect(most).toBe(4);
  });

  it('refuses calls beyond the limit of open calls of a process', async () => {
    const small = await createCaller(redisUrl(), prefix, { maxPending: 2 });
    const open = [1, 2].map((n) => small.rpc.call(READ, { n, workMs: 200 }, options));
    expect((await errorOf(small.rpc.call(READ, { n: 3 }, options))).code).toBe('UNAVAILABLE');
    await Promise.all(open);
    small.close();
  });

  it('refuses a request that is too large', async () => {
    const small = await createCaller(redisUrl(), prefix, { maxRecordLength: 100 });
    expect((await errorOf(small.rpc.call(READ, { n: 1 }, options))).code).toBe('PAYLOAD_TOO_LARGE');
    small.close();
  });

  it('refuses a request that JSON cannot carry', async () => {
    const odd = defineCall({ pattern: 'chat.test.read', effect: 'read', request: z.bigint(), reply: z.object({}) });
    const error = await errorOf(caller.rpc.call(odd, 7n, options));
    expect(error.code).toBe('INTERNAL');
    expect(caller.client.inFlight).toBe(0);
  });

  it('answers a repeated call id from memory and runs it once', async () => {
    const stream = rpcKeys.requests(prefix, 'chat');
    const answers: string[] = [];
    await caller.connections.subscriptions.subscribe(rpcKeys.replies(prefix, 'someone'), (message) =>
      answers.push(message),
    );
    const record = JSON.stringify({ i: 'someone.7', p: KEYED.pattern, b: 5_000, u: TESTER, k: 'k', d: { n: 9 } });
    await caller.connections.commands.xadd(stream, '*', 'r', record);
    await waitFor(() => answers.length === 1);
    await caller.connections.commands.xadd(stream, '*', 'r', record);
    await waitFor(() => answers.length === 2);
    expect(answers[1]).toBe(answers[0]);
    expect(events.filter((event) => event.kind === 'begin')).toHaveLength(1);
  });

  it('finishes running calls when it drains, and takes no new ones', async () => {
    const running = caller.rpc.call(READ, { n: 1, workMs: 600 }, options);
    await waitFor(() => begun(1));
    const server = app.get(RedisRpcServer);
    const drained = server.drain(5_000);
    expect(server.isReady).toBe(false);
    const late = caller.rpc.call(READ, { n: 2 }, { ...options, deadlineMs: 1_000 });
    expect(await running).toMatchObject({ n: 1 });
    await drained;
    expect((await errorOf(late)).code).toBe('DEADLINE_EXCEEDED');
    expect(begun(2)).toBe(false);
    const consumers = await caller.connections.commands.xinfo(
      'CONSUMERS',
      rpcKeys.requests(prefix, 'chat'),
      'replicas',
    );
    expect(consumers).toEqual([]);
  });

  it('counts calls by side, pattern and code', async () => {
    await caller.rpc.call(READ, { n: 1 }, options);
    await errorOf(caller.rpc.call(FAIL, { how: 'call-error' }, options));
    const text = (await metrics.text()).body;
    expect(text).toContain(
      'perennial_rpc_duration_seconds_count{service="chat",side="server",pattern="chat.test.read",code="OK"} 1',
    );
    expect(text).toContain(
      'perennial_rpc_duration_seconds_count{service="chat",side="server",pattern="chat.test.fail",code="NOT_FOUND"} 1',
    );
    expect(text).toContain('perennial_rpc_in_flight{side="server",service="chat"} 0');
  });

  it("speaks Nest's own client interface", async () => {
    const request = new RpcRequest(READ, { n: 4, workMs: 0 }, options);
    expect(await firstValueFrom(caller.client.send(READ.pattern, request))).toMatchObject({ n: 4 });
    caller.client.emit('test.happened', { what: 'rain' });
    await waitFor(() => events.some((event) => event.kind === 'notice'));
  });

  it('delivers notices to every process that subscribed, until it stops', async () => {
    const HAPPENED = defineNotice('test.happened', z.object({ what: z.string() }));
    const other = await createCaller(redisUrl(), prefix);
    const seen: string[] = [];
    const stop = await new Notices(other.connections).subscribe(HAPPENED, ({ what }) => seen.push(what));
    const notices = new Notices(caller.connections);
    await notices.publish(HAPPENED, { what: 'sun' });
    await waitFor(() => seen.length === 1);
    stop();
    await caller.connections.commands.publish(`${prefix}:notice:test.happened`, 'not JSON');
    await notices.publish(HAPPENED, { what: 'snow' });
    await waitFor(() => events.filter((event) => event.kind === 'notice').length === 2);
    expect(seen).toEqual(['sun']);
    other.close();
  });

  describe('with tracing', () => {
    beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
    afterAll(() => {
      context.disable();
      trace.disable();
    });

    it('runs the handler in the trace of its caller', async () => {
      const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } =
        await import('@opentelemetry/sdk-trace-base');
      const { W3CTraceContextPropagator } = await import('@opentelemetry/core');
      const { propagation } = await import('@opentelemetry/api');
      const exporter = new InMemorySpanExporter();
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
      const root = trace.getTracer('test').startSpan('root');
      const seen = await context.with(trace.setSpan(context.active(), root), () => caller.rpc.call(TRACE, {}, options));
      const { details } = await context.with(trace.setSpan(context.active(), root), () =>
        errorOf(caller.rpc.call(FAIL, { how: 'unknown' }, options)),
      );
      root.end();
      propagation.disable();
      const spans = exporter.getFinishedSpans();
      const [client, server] = ['CLIENT', 'SERVER'].map((_, kind) =>
        spans.find((span) => span.name === TRACE.pattern && span.kind === (kind === 0 ? 2 : 1)),
      );
      expect(seen.traceId).toBe(root.spanContext().traceId);
      expect(seen.spanId).toBe(server?.spanContext().spanId);
      expect(server?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
      expect(client?.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
      expect(server?.attributes).toMatchObject({ 'rpc.system.name': 'perennial', 'rpc.method': TRACE.pattern });
      const failed = spans.find((span) => span.name === FAIL.pattern && span.kind === 1);
      expect(failed?.status.code).toBe(2);
      expect(failed?.attributes).toMatchObject({ 'error.type': 'INTERNAL', 'perennial.error.id': details.errorId });
    });
  });
});

describe('a start', () => {
  it('is refused when a call has no handler', async () => {
    const prefix = freshPrefix('rpc');
    const { Connections } = await import('../redis');
    const connections = new Connections({ redisUrl: redisUrl(), keyPrefix: prefix, service: 'chat', instanceId: 'x' });
    const server = new RedisRpcServer(connections, { calls: [READ] });
    const error = await new Promise<unknown>((resolve) => server.listen(resolve));
    expect(String(error)).toContain('No handler for chat.test.read: add a controller method with @Handles');
    connections.close();
  });

  it('is refused when a call has two handlers', async () => {
    const prefix = freshPrefix('rpc');
    const { Connections } = await import('../redis');
    const connections = new Connections({ redisUrl: redisUrl(), keyPrefix: prefix, service: 'chat', instanceId: 'x' });
    const server = new RedisRpcServer(connections);
    server.addHandler('chat.test.read', () => Promise.resolve() as never);
    expect(() => server.addHandler('chat.test.read', () => Promise.resolve() as never)).toThrow('Two handlers');
    connections.close();
  });
});
