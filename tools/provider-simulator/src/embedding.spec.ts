import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { embeddingFrom } from './embedding';
import { type Simulator, startSimulator } from './server';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const post = (path: string, body: object, signal?: AbortSignal) =>
  fetch(`${simulator.url}${path}`, { method: 'POST', body: JSON.stringify(body), signal });
const dot = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((sum, value, index) => sum + value * other[index]!, 0);

describe('a simulated embedding', () => {
  const query = embeddingFrom('sim-embed', 'Which engine drives the ferry?');

  it('is of length 1, also without a word, and the same each time', () => {
    for (const text of ['one two', '… — …', 'ü 漢字']) {
      const vector = embeddingFrom('sim-embed', text);
      expect(vector).toHaveLength(384);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
      expect(embeddingFrom('sim-embed', text)).toEqual(vector);
    }
  });

  it('is nearer to a text that shares its words than to one that does not', () => {
    const near = dot(query, embeddingFrom('sim-embed', 'The ferry is driven by engines of 4 MW, built in 1998.'));
    const far = dot(query, embeddingFrom('sim-embed', 'The bread is of rye, and was baked in the morning.'));
    expect(near).toBeGreaterThan(0.35);
    expect(Math.abs(far)).toBeLessThan(0.15);
  });

  it('is unrelated to that of another model', () => {
    expect(Math.abs(dot(query, embeddingFrom('sim-embed-2', 'Which engine drives the ferry?')))).toBeLessThan(0.5);
    expect(embeddingFrom('sim-embed-dims32', 'x')).toHaveLength(32);
  });
});

describe('embedding requests', () => {
  const input = ['first text', 'second text'];
  const vectors = input.map((text) => embeddingFrom('sim-embed', text));

  it('are answered as OpenAI does, in numbers and in base64', async () => {
    const numbers = (await (await post('/v1/embeddings', { model: 'sim-embed', input })).json()) as {
      data: { index: number; embedding: number[] }[];
    };
    expect(numbers).toMatchObject({ object: 'list', model: 'sim-embed', usage: { total_tokens: 20 } });
    expect(numbers.data.map(({ embedding }) => Float32Array.from(embedding))).toEqual(vectors);
    const base64 = (await (
      await post('/v1/embeddings', { model: 'sim-embed', input: input[0], encoding_format: 'base64' })
    ).json()) as { data: { embedding: string }[] };
    expect(base64.data[0]!.embedding).toBe(Buffer.from(vectors[0]!.buffer).toString('base64'));
  });

  it('are answered as Ollama does', async () => {
    const answer = (await (await post('/api/embed', { model: 'sim-embed', input })).json()) as {
      embeddings: number[][];
    };
    expect(answer.embeddings.map((vector) => Float32Array.from(vector))).toEqual(vectors);
    expect(answer).toMatchObject({ model: 'sim-embed', prompt_eval_count: 20 });
  });

  it('take their time for each text', async () => {
    const order: number[] = [];
    const ask = async (texts: string[]): Promise<void> => {
      await post('/v1/embeddings', { model: 'sim-embed-text100', input: texts });
      order.push(texts.length);
    };
    await Promise.all([[...input, ...input, ...input], input].map(ask));
    expect(order).toEqual([2, 6]);
  });

  it('are counted, with their texts, also when they are refused or aborted', async () => {
    await post('/v1/embeddings', { model: 'sim-embed', input });
    expect((await post('/v1/embeddings', { model: 'sim-e503', input: input[0] })).status).toBe(503);
    await expect(
      post('/v1/embeddings', { model: 'sim-embed-text60000', input }, AbortSignal.timeout(500)),
    ).rejects.toThrow();
    await expect
      .poll(() => simulator.stats())
      .toMatchObject({
        embed_calls: 3,
        embed_texts: 5,
        embed_done: 1,
        embed_failed: 1,
        embed_active: 0,
        embed_max_batch: 2,
      });
    const { texts } = (await (await fetch(`${simulator.url}/sim/stats?texts=1`)).json()) as { texts: object };
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(texts).toEqual({
      [digest('first text')]: { asked: 3, answered: 1 },
      [digest('second text')]: { asked: 2, answered: 1 },
    });
  });

  it('get their own faults, and chats do not', async () => {
    await post('/sim/faults', { kind: 'status', status: 500, of: 'embeddings' });
    const chat = { model: 'sim', messages: [{ role: 'user', content: 'hi' }] };
    expect((await post('/v1/chat/completions', chat)).status).toBe(200);
    expect((await post('/v1/embeddings', { model: 'sim', input })).status).toBe(500);
    expect((await post('/v1/embeddings', { model: 'sim', input })).status).toBe(200);
    const short = (await (await post('/v1/embeddings', { model: 'sim-trunc0', input })).json()) as { data: object[] };
    expect(short.data).toHaveLength(1);
    await expect((await post('/v1/embeddings', { model: 'sim-bad0', input })).json()).rejects.toThrow('JSON');
    await expect(
      post('/v1/embeddings', { model: 'sim-cut0', input }).then((answer) => answer.text()),
    ).rejects.toThrow();
  });

  it('are refused without a known model and with empty texts', async () => {
    expect((await post('/v1/embeddings', { model: 'ada', input })).status).toBe(404);
    for (const wrong of [[], [''], [3], undefined])
      expect((await post('/v1/embeddings', { model: 'sim', input: wrong })).status).toBe(400);
    expect((await post('/v1/embeddings', { model: 'sim-plain', input, encoding_format: 'float' })).status).toBe(400);
  });
});
