import { documents } from '@perennial/contracts-retrieval';
import { type QdrantServer, ServerUnavailable, startQdrant, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlantedFile, PlantedWorld } from './planted';
import { newUser } from './world';

/** Real: a Qdrant server that is killed and started again, Postgres, Redis, the transport, two replicas; the embedder is the simulator. */
describe('searching while a store or the embedder is away', () => {
  let qdrant: QdrantServer | undefined;
  let world: PlantedWorld;
  let file: PlantedFile;
  let other: PlantedFile;
  let missing: string | undefined;
  const user = newUser();
  const question = 'where is the anchor';

  beforeAll(async () => {
    try {
      qdrant = await startQdrant();
    } catch (error) {
      if (!(error instanceof ServerUnavailable) || process.env['CI']) throw error;
      missing = error.message;
      console.warn(`SKIPPED: searching while a store is away: ${missing}`);
      return;
    }
    world = await PlantedWorld.start({ VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url, VECTOR_DB_TIMEOUT_MS: '1000' });
    await world.replica();
    await world.replica();
    await world.index();
    file = await world.plant({ user, texts: ['The anchor lies on the pier.', 'The rope is new.'] });
    other = await world.plant({ user, texts: ['Something else.'] });
  });
  afterAll(async () => {
    await world?.stop();
    await qdrant?.stop();
  });

  const ask = () =>
    world.caller.rpc.call(
      documents.search,
      { queries: [question], items: [{ type: 'file', id: file.id }], k: 1 },
      { principal: user },
    );
  /** One file is searched, the other is given whole. */
  const whole = () =>
    world.caller.rpc.call(
      documents.search,
      {
        queries: [question],
        items: [
          { type: 'file', id: other.id },
          { type: 'file', id: file.id, full: true },
        ],
      },
      { principal: user },
    );
  const finds = async () => (await ask()).sources[0]?.document[0] === file.texts[0];
  const status = () => world.replicas[0]!.runtime.readiness.report();

  it('reports soon that documents cannot be searched; whole texts are still given', async (context) => {
    if (missing || !qdrant) return context.skip();
    expect(await finds()).toBe(true);
    await qdrant.kill();
    await expect(ask()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { reason: 'vector_store', retryAfter: expect.any(Number) },
      message: expect.stringContaining('vector store'),
    });
    await expect(
      world.caller.rpc.call(
        documents.query,
        { collections: [`file-${file.id}`], query: question },
        { principal: user },
      ),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'vector_store' } });
    const reply = await whole();
    expect(reply.sources.map(({ document }) => document)).toEqual([
      ['The anchor lies on the pier.\n\nThe rope is new.'],
    ]);
    expect(reply.degraded).toMatchObject({ reason: 'vector_store' });
  });

  it('keeps the processes ready, degraded, and recovers by itself', async (context) => {
    if (missing || !qdrant) return context.skip();
    await waitFor(async () => (await status()).status === 'degraded', {
      what: 'readiness to say so',
      timeoutMs: 10_000,
    });
    await qdrant.start();
    await waitFor(() => finds().catch(() => false), { what: 'documents to be found again', timeoutMs: 20_000 });
    await waitFor(async () => (await status()).status === 'ready', { what: 'readiness to be well', timeoutMs: 10_000 });
  });

  it('reports the same for the embedder', async (context) => {
    if (missing) return context.skip();
    world.simulator.inject({ kind: 'status', status: 503 }, 20, 'embeddings');
    await expect(ask()).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'embedder' } });
    expect((await whole()).degraded).toMatchObject({ reason: 'embedder' });
    world.simulator.reset();
    await waitFor(() => finds().catch(() => false), { what: 'the embedder to answer', timeoutMs: 20_000 });
  });
});
