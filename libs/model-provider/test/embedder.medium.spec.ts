import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeProviderPools, createEmbedder, type Embedder } from '../src';
import { embeddingDrivers, type EmbeddingSubject } from './drivers';

afterAll(() => closeProviderPools());
const dot = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0);
const alike = (one: Float32Array, other: Float32Array) =>
  dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));

/**
 * One contract for every kind of embedder. Real: the simulator over sockets, Ollama and the local embedder as processes with real models. No
 * mocks.
 */
describe.each(await embeddingDrivers())('$name', { timeout: 60_000 }, ({ missing, start }) => {
  if (missing) {
    it.skip(`is not tested here: ${missing}`, () => undefined);
    return;
  }

  let subject: EmbeddingSubject;
  let embedder: Embedder;
  beforeAll(async () => {
    subject = await start();
    embedder = createEmbedder(subject.connection, subject.model);
  }, 120_000);
  afterAll(() => subject?.close());

  it('returns one vector a text, of one dimension, in the order of the texts', async () => {
    const texts = [
      'The ferry leaves at nine.',
      'Rye bread needs sour dough.',
      'ünïcode 漢字 🚢',
      'The ferry leaves at nine.',
    ];
    const { vectors, tokens } = await embedder.embed(texts);
    expect(vectors.map(({ length }) => length)).toEqual(texts.map(() => subject.dimension));
    expect(tokens).toBeGreaterThan(0);
    expect(alike(vectors[0]!, vectors[3]!)).toBeGreaterThan(0.999);
    expect(alike(vectors[0]!, vectors[1]!)).toBeLessThan(0.99);
    const alone = await embedder.embed([texts[1]!]);
    expect(alike(alone.vectors[0]!, vectors[1]!)).toBeGreaterThan(0.999);
  });

  it('takes 64 texts in one request', async () => {
    const { vectors } = await embedder.embed(Array.from({ length: 64 }, (_, n) => `Ship number ${n}`));
    expect(vectors).toHaveLength(64);
    expect(new Set(vectors.map((vector) => vector.join())).size).toBe(64);
  });

  it('reports an unknown model', async () => {
    await expect(createEmbedder(subject.connection, 'nobody-knows-this').embed(['a'])).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'NOT_FOUND',
      status: 404,
      message: expect.stringContaining('nobody-knows-this'),
    });
  });

  it('stops when it is cancelled, and serves further requests', async () => {
    const long = Array.from({ length: 64 }, (_, n) => `Ship number ${n} `.repeat(60));
    await expect(embedder.embed(long, { signal: AbortSignal.timeout(1) })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await embedder.embed(['after'])).vectors).toHaveLength(1);
  });

  it('refuses an empty text, and sends no request without texts', async () => {
    await expect(embedder.embed(['a', ''])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await embedder.embed([])).toEqual({ vectors: [] });
  });
});
