import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { freePort, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeProviderPools, createEmbedder, type Embedder, type ServerConnection } from '../src';

afterAll(() => closeProviderPools());

/** Faults of an embedder, over real sockets. */
describe.each<ServerConnection['kind']>(['openai', 'ollama'])('a faulty embedder (%s)', (kind) => {
  const KEY = 'sk-very-secret-key';
  let simulator: Simulator;
  let connection: ServerConnection;
  beforeAll(async () => {
    simulator = await startSimulator();
    connection = { kind, baseUrl: kind === 'openai' ? `${simulator.url}/v1` : simulator.url, apiKey: KEY };
  });
  afterEach(() => simulator.reset());
  afterAll(() => simulator.close());
  const embed = (model: string, limits = {}) => createEmbedder(connection, model, limits).embed(['a', 'b']);
  const calls = () => simulator.stats().embed_calls;

  it('is retried after a 500, a 503 and a closed connection, up to its attempts', async () => {
    simulator.inject({ kind: 'status', status: 500 }, 1, 'embeddings');
    simulator.inject({ kind: 'status', status: 503 }, 1, 'embeddings');
    simulator.inject({ kind: 'down' }, 1, 'embeddings');
    expect((await embed('sim')).vectors).toHaveLength(2);
    expect(calls()).toBe(4);
    await expect(embed('sim-e500', { attempts: 2 })).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 500 });
    expect(calls()).toBe(6);
  });

  it('gets the pause that it asks for, unless that is too long', async () => {
    // Without Retry-After the pause is a quarter of a second, so the call without a pause overtakes the other.
    const order: string[] = [];
    const refused = async (model: string): Promise<void> => {
      await expect(embed(model, { attempts: 2 })).rejects.toMatchObject({ retryable: true });
      order.push(model);
    };
    await Promise.all(['sim-e429-after1', 'sim-e500'].map(refused));
    expect(order).toEqual(['sim-e500', 'sim-e429-after1']);
    expect(calls()).toBe(4);
    simulator.reset();
    await expect(embed('sim-e429-after40')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 40 });
    expect(calls()).toBe(1);
  });

  it.each([
    ['sim-e401', 'UNAUTHENTICATED'],
    ['sim-e402', 'QUOTA_EXCEEDED'],
    ['sim-e403', 'PERMISSION_DENIED'],
  ])('is not retried after a refusal (%s)', async (model, code) => {
    await expect(embed(model)).rejects.toMatchObject({ code, retryable: false });
    expect(calls()).toBe(1);
  });

  it.each([
    ['sim-trunc0', 'PROTOCOL', '1 embeddings for 2 texts'],
    ['sim-bad0', 'PROTOCOL', 'JSON'],
    ['sim-err0', 'UNAVAILABLE', 'Simulated failure'],
    ['sim-cut0', 'INTERRUPTED', 'closed the connection'],
  ])('is recognised (%s)', async (model, code, said) => {
    await expect(embed(model, { attempts: 1 })).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
  });

  it('that never answers times out, and its request is closed', async () => {
    await expect(embed('sim-stall0', { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'The provider did not answer within 0.2 s',
    });
    await waitFor(() => simulator.stats().embed_failed === 1);
    expect(calls()).toBe(1);
  });

  // The pause is longer than the test may take.
  it('is not waited for when its caller aborts during a pause', { timeout: 15_000 }, async () => {
    const abort = new AbortController();
    const embedding = createEmbedder(connection, 'sim-e429-after20').embed(['a'], { signal: abort.signal });
    await waitFor(() => calls() === 1);
    abort.abort();
    await expect(embedding).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is reported as away if the address is closed', async () => {
    const dead = { kind, baseUrl: `http://127.0.0.1:${await freePort()}` };
    await expect(createEmbedder(dead, 'm', { attempts: 1 }).embed(['a'])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(() => createEmbedder({ kind, baseUrl: 'nonsense' }, 'm')).toThrow('not a URL');
  });
});

describe('a reply in OpenAI’s shape', () => {
  let server: Server;
  let embedder: Embedder;
  let answer: { status?: number; body: unknown };
  const bodies: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        bodies.push({ url: request.url, key: request.headers.authorization, ...(JSON.parse(text) as object) });
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/?version=3`;
    embedder = createEmbedder({ kind: 'openai', baseUrl, apiKey: 'sk-very-secret-key' }, 'm', { attempts: 1 });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const row = (index: unknown, ...embedding: unknown[]) => ({ index, embedding });

  it('is put into the order of its indexes, or taken as it comes where it has none', async () => {
    answer = { body: { data: [row(2, 3), row(0, 1), row(1, 2)], usage: { prompt_tokens: 7 } } };
    const { vectors, tokens } = await embedder.embed(['a', 'b', 'c']);
    expect([vectors.map(([first]) => first), tokens]).toEqual([[1, 2, 3], 7]);
    answer = { body: { data: [{ embedding: [5] }, { embedding: [6] }] } };
    expect(await embedder.embed(['a', 'b'])).toEqual({ vectors: [Float32Array.of(5), Float32Array.of(6)] });
  });

  it.each([
    ['an index twice', [row(0, 1), row(0, 2)], 'index that does not fit'],
    ['an index beyond the texts', [row(0, 1), row(2, 2)], 'index that does not fit'],
    ['different dimensions', [row(0, 1), row(1, 2, 3)], 'different dimensions'],
    ['an empty vector', [row(0), row(1)], 'an empty embedding'],
    ['something else than numbers', [row(0, 'x'), row(1, 2)], 'not of numbers'],
    ['nothing in place of a number', [row(0, null), row(1, 2)], 'not of numbers'],
    ['no vector', [row(0, 1), { index: 1 }], 'neither numbers nor base64'],
    ['half a number', [row(0, 1), { index: 1, embedding: 'AAAA' }], 'cut off'],
    ['no list', undefined, 'no list of embeddings'],
  ])('with %s is refused', async (_what, data, said) => {
    answer = { body: { data } };
    await expect(embedder.embed(['a', 'b'])).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining(said),
    });
  });

  it('with another refusal is shown, without the key that it echoes', async () => {
    bodies.length = 0;
    answer = { status: 400, body: { error: { message: 'Too many tokens for sk-very-secret-key' } } };
    await expect(embedder.embed(['a'])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Too many tokens for ***',
    });
    expect(bodies).toMatchObject([
      { url: '/v1/embeddings?version=3', key: 'Bearer sk-very-secret-key', encoding_format: 'base64', input: ['a'] },
      { model: 'm', input: ['a'] },
    ]);
    expect(bodies[1]).not.toHaveProperty('encoding_format');
    // The encoding was not the reason: the next request uses base64 again.
    answer = { body: { data: [row(0, 1)] } };
    await embedder.embed(['a']);
    expect(bodies.at(-1)).toMatchObject({ encoding_format: 'base64' });
  });
});
