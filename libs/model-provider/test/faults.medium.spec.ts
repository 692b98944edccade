import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { freePort, sleep, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnswerSink,
  closeProviderPools,
  createProvider,
  type ModelConnection,
  type ModelProvider,
  type ProviderTimeouts,
} from '../src';
import { collect, connectionTo, user } from './collect';
import { type Way, WAYS } from './threads';

/** Faults of a provider, over real sockets. */
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await closeProviderPools();
  await simulator.close();
});

const KEY = 'sk-very-secret-key';
/** A sink that discards the answer. */
const nobody: AnswerSink = {
  text: () => undefined,
  reasoning: () => undefined,
  choices: () => undefined,
  unopened: () => undefined,
  full: false,
};
const hi = (model: string) => ({ model, messages: user('hi') });
const calls = () => Object.values(simulator.stats().prompts).reduce((sum, { streams }) => sum + streams, 0);

describe.each<[ModelConnection['kind'], string]>([
  ['openai', 'here'],
  ['ollama', 'here'],
  ['openai', 'in a thread'],
])('a faulty provider (%s, read %s)', (kind, where) => {
  let way: Way;
  let provider: ModelProvider;
  const connect = (limits?: Partial<ProviderTimeouts>): ModelProvider =>
    way.provider(connectionTo(simulator.url, kind, { apiKey: KEY }), limits);
  beforeAll(async () => {
    way = await WAYS[where]!();
    provider = connect();
  });
  afterAll(() => way.close());
  const end = (model: string, from = provider) => collect(from, hi(model));

  it('reports a 500 after one retry', async () => {
    const { error } = await end('sim-e500');
    expect(error).toMatchObject({ code: 'UNAVAILABLE', status: 500, message: 'Simulated error 500', retryable: true });
    expect(calls()).toBe(2);
  });

  it('hides a 500 if the retry succeeds', async () => {
    simulator.inject({ kind: 'status', status: 500 });
    const { text, error } = await end('sim-t5-r1000-x');
    expect(error).toBeUndefined();
    expect(text).toBe(expectedText('sim-t5-r1000-x', 'hi', 5));
    expect(calls()).toBe(2);
  });

  it('waits for a short Retry-After, not for a long one', async () => {
    // Without Retry-After the pause is a quarter of a second, so the call without a pause overtakes the other.
    const order: string[] = [];
    const refused = async (model: string): Promise<void> => {
      expect((await end(model)).error).toMatchObject({ retryable: true });
      order.push(model);
    };
    await Promise.all(['sim-e429-after1', 'sim-e500'].map(refused));
    expect(order).toEqual(['sim-e500', 'sim-e429-after1']);
    expect(calls()).toBe(4);
    simulator.reset();
    const { error } = await end('sim-e429-after30');
    expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfter: 30, retryable: true });
    expect(calls()).toBe(1);
  });

  it.each([
    ['sim-e401', 'UNAUTHENTICATED'],
    ['sim-e403', 'PERMISSION_DENIED'],
    ['sim-e400', 'INVALID_ARGUMENT'],
    ['sim-e402', 'QUOTA_EXCEEDED'],
  ])('does not retry a refusal (%s)', async (model, code) => {
    expect((await end(model)).error).toMatchObject({ code, retryable: false });
    expect(calls()).toBe(1);
  });

  it('retries a connection that is closed without an answer, once', async () => {
    simulator.inject({ kind: 'down' });
    expect((await end('sim-t3-r1000')).end?.finishReason).toBe('stop');
    expect((await end('sim-down')).error).toMatchObject({ code: 'INTERRUPTED' });
    expect(calls()).toBe(4);
  });

  it.each(['sim-t9-r1000-x-cut5', 'sim-t9-r1000-x-trunc5'])(
    'reports a cut answer (%s), and does not retry it',
    async (model) => {
      const { text, error, end: last } = await end(model);
      expect(text).toBe(expectedText(model, 'hi', 5));
      expect(last).toBeUndefined();
      expect(error).toMatchObject({ code: 'INTERRUPTED', retryable: true });
      expect(calls()).toBe(1);
    },
  );

  it('delivers the text before a malformed chunk, then reports it', async () => {
    const { text, error } = await end('sim-t9-r1000-x-bad5');
    expect(text).toBe(expectedText('sim-t9-r1000-x-bad5', 'hi', 5));
    expect(error).toMatchObject({ code: 'PROTOCOL', message: 'The provider sent a malformed chunk' });
  });

  it('reports an error inside the stream', async () => {
    const { text, error } = await end('sim-t9-r1000-x-err5');
    expect(text).toBe(expectedText('sim-t9-r1000-x-err5', 'hi', 5));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: 'Simulated failure in mid-answer' });
  });

  it('times out if the provider never begins, without a retry, and closes the request', async () => {
    const { error } = await end('sim-t9-d5000', connect({ firstToken: 400 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', message: 'The provider did not begin to answer within 0.4 s' });
    expect(calls()).toBe(1);
    await waitFor(() => simulator.stats().stream_aborted === 1);
  });

  it('times out if the provider falls silent during the answer, and closes the request', async () => {
    const { text, error } = await end('sim-t9-r1000-x-stall4', connect({ betweenTokens: 1_000 }));
    expect(text).toBe(expectedText('sim-t9-r1000-x-stall4', 'hi', 4));
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      message: 'The provider was silent for 1 s in the middle of the answer',
    });
    await waitFor(() => simulator.stats().stream_aborted === 1);
  });

  it('tolerates a shorter silence', async () => {
    const { error, text } = await end('sim-t9-r1000-x-stall4-pause200', connect({ betweenTokens: 10_000 }));
    expect(error).toBeUndefined();
    expect(text).toBe(expectedText('sim-t9-r1000-x-stall4-pause200', 'hi', 9));
  });

  it('separates reasoning from text', async () => {
    const { text, reasoning, pieces } = await end('sim-t9-r1000-x-reason4');
    const all = expectedText('sim-t9-r1000-x-reason4', 'hi', 9);
    expect([reasoning, text]).toEqual([all.slice(0, 24), all.slice(24)]);
    expect(pieces[0]).toMatchObject({ kind: 'reasoning' });
  });

  it('is cancelled while it waits to retry', async () => {
    const abort = new AbortController();
    const result = collect(provider, hi('sim-e500'), { signal: abort.signal });
    await waitFor(() => calls() === 1);
    abort.abort();
    expect((await result).error).toMatchObject({ code: 'CANCELLED' });
    await sleep(500);
    expect(calls()).toBe(1);
  });

  it('does not call at all for a signal that is aborted already', async () => {
    const { error } = await collect(provider, hi('sim-t3'), { signal: AbortSignal.abort() });
    expect(error).toMatchObject({ code: 'CANCELLED' });
    expect(calls()).toBe(0);
  });

  it('reports an unreachable provider', async () => {
    const dead = way.provider(connectionTo(`http://127.0.0.1:${await freePort()}`, kind));
    for (const call of [() => dead.listModels(), () => dead.complete(hi('x')), () => dead.stream(hi('x'), nobody)]) {
      await expect(call()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('ECONNREFUSED'),
      });
    }
  });
});

it('accepts an end without [DONE]', async () => {
  const provider = createProvider(connectionTo(simulator.url, 'openai'));
  const { error, end } = await collect(provider, hi('sim-t3-r1000-nodone'));
  expect(error).toBeUndefined();
  expect(end?.finishReason).toBe('stop');
});

const delta = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;

describe.each(Object.keys(WAYS))('a server that is not what it should be (read %s)', (where) => {
  let way: Way;
  let server: Server;
  let answer: {
    status: number;
    headers: Record<string, string>;
    body: string | Buffer;
    seen?: Record<string, unknown>;
  };
  let provider: ModelProvider;
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      answer.seen = { url: request.url, ...request.headers };
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    way = await WAYS[where]!();
    provider = way.provider(
      connectionTo(url, 'openai', { apiKey: KEY, baseUrl: `${url}/v1/?version=3`, headers: { 'X-Org': 'acme' } }),
    );
  });
  afterAll(async () => {
    await way.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const everyCall = () => [
    () => provider.listModels(),
    () => provider.stream(hi('m'), nobody),
    () => provider.complete(hi('m')),
  ];

  it('is not sent the key through a redirect', async () => {
    answer = { status: 302, headers: { location: 'http://127.0.0.1:1/steal' }, body: '' };
    for (const call of everyCall()) {
      await expect(call()).rejects.toMatchObject({ code: 'PROTOCOL', message: expect.stringContaining('redirect') });
    }
  });

  it('gets key, headers, path and query as configured', async () => {
    answer = {
      status: 200,
      headers: {},
      body: '{"data":[{"id":"a"},{"nothing":1},{"id":"b","name":"Bee","owned_by":"hive"}]}',
    };
    const models = await provider.listModels();
    expect(models.map(({ id, name, ownedBy }) => [id, name, ownedBy])).toEqual([
      ['a', 'a', 'openai'],
      ['b', 'Bee', 'hive'],
    ]);
    expect(answer.seen).toMatchObject({ url: '/v1/models?version=3', authorization: `Bearer ${KEY}`, 'x-org': 'acme' });
    const headers = { traceparent: 'of the call', 'x-org': 'of the call' };
    await expect(provider.stream(hi('m'), nobody, { headers })).rejects.toThrow();
    expect(answer.seen).toMatchObject({
      url: '/v1/chat/completions?version=3',
      authorization: `Bearer ${KEY}`,
      traceparent: 'of the call',
      'x-org': 'acme',
    });
  });

  it('has its echo of the key removed', async () => {
    answer = {
      status: 401,
      headers: {},
      body: JSON.stringify({ error: { message: `Incorrect key ${KEY}, get another` } }),
    };
    for (const call of everyCall()) {
      await expect(call()).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: 'Incorrect key ***, get another',
      });
    }
  });

  it('is recognised if it sends a web page', async () => {
    answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' };
    for (const call of everyCall()) {
      await expect(call()).rejects.toMatchObject({ code: 'PROTOCOL', message: expect.stringContaining('web page') });
    }
  });

  it('may answer a streaming request with one document', async () => {
    const message = { role: 'assistant', content: 'All at once' };
    const body = JSON.stringify({
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { completion_tokens: 3 },
    });
    answer = { status: 200, headers: { 'content-type': 'application/json' }, body };
    expect(await collect(provider, hi('m'))).toMatchObject({
      text: 'All at once',
      end: { usage: { completion_tokens: 3 } },
    });
  });

  it.each([
    [
      'one document',
      'application/json',
      JSON.stringify({ choices: [{ message: { content: 'All' }, finish_reason: 'stop' }] }),
    ],
    ['a stream', 'text/event-stream', `${delta('Al')}${delta('l')}${delta('', 'stop')}data: [DONE]\n\n`],
    ['a stream that breaks off', 'text/event-stream', delta('All')],
    ['a stream with an error in it', 'text/event-stream', `${delta('All')}data: {"error":{"message":"no"}}\n\n`],
  ])('ends with "length" when the sink is full, even if the end is in the same read (%s)', async (_, type, body) => {
    answer = { status: 200, headers: { 'content-type': type }, body };
    let all = '';
    const isFull = (text: string) => (all += text).length >= 2;
    const { end, pieces } = await collect(provider, hi('m'), {
      onPiece: (piece) => 'text' in piece && isFull(piece.text),
    });
    expect(end).toEqual({ finishReason: 'length' });
    expect(pieces).toHaveLength(1);
  });

  it('reports a used-up quota', async () => {
    answer = {
      status: 429,
      headers: {},
      body: '{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}',
    };
    await expect(provider.stream(hi('m'), nobody)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', retryable: false });
  });

  it('may send an error without a message', async () => {
    answer = { status: 503, headers: { 'retry-after': '60' }, body: '<html>nginx</html>' };
    await expect(provider.stream(hi('m'), nobody)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The provider failed (HTTP 503)',
      retryAfter: 60,
    });
  });
});
