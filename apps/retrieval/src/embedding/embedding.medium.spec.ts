import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createEmbedder } from '@perennial/model-provider';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { Runtime } from '@perennial/runtime';
import { freePort, freshDatabase, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { retrievalMigrations } from '../migrations';
import type { HashedText } from './batches';
import { EmbeddingCache } from './embedding-cache';
import type { EmbeddingConfig } from './embedding-config';
import type { EmbeddingEnv } from './embedding-env';
import { EmbeddingGateway } from './embedding-gateway';

/**
 * Real: Postgres, HTTP, a process that is killed. Not real: the embedder, which is the simulator and counts its requests.
 */
let simulator: Simulator;
let databaseUrl: string;
let close: () => Promise<void>;
let database: Database;
let gateway: EmbeddingGateway;
const runtime = new Runtime({ name: 'test', logLevel: 'silent' });
const env = (localUrl?: string) =>
  ({ RAG_EMBEDDING_TIMEOUT: 30, RAG_LOCAL_EMBEDDER_URL: localUrl }) as unknown as EmbeddingEnv;

beforeAll(async () => {
  simulator = await startSimulator();
  databaseUrl = await freshDatabase('embedding');
  const dataSource = await openDataSource(
    { url: databaseUrl, schema: 'retrieval', migrations: retrievalMigrations },
    runtime.log,
  );
  close = () => dataSource.destroy();
  database = new Database(poolFrom(dataSource), runtime.metrics);
  gateway = new EmbeddingGateway(new EmbeddingCache(database), env(), runtime);
});
beforeEach(async () => {
  await database.execute('TRUNCATE embeddings_cache');
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await close?.();
  await simulator?.close();
});

const DIMENSION = 384;
function config(model = 'sim-embed', change: Partial<EmbeddingConfig> = {}): EmbeddingConfig {
  return {
    engine: 'openai',
    model,
    batchSize: 64,
    concurrentRequests: 4,
    openai: { url: `${simulator.url}/v1`, key: 'sk-test-key' },
    ollama: { url: simulator.url, key: '' },
    ...change,
  };
}

const contentHash = (text: string) => createHash('sha256').update(text).digest('hex');
const hashed = (text: string): HashedText => ({ hash: contentHash(text), text });
/** Different texts of about `length` characters. */
const texts = (count: number, length = 40, from = 0): HashedText[] =>
  Array.from({ length: count }, (_, n) =>
    hashed(`${n + from} of the pages `.repeat(Math.ceil(length / 15)).slice(0, length)),
  );
const store = (of: HashedText[], how = config(), change = {}) =>
  gateway.store(how, of, { dimension: DIMENSION, ...change });
const asked = () => Object.values(simulator.stats().texts).map((text) => text.asked);

describe('documents', () => {
  it('of 2 MB take at most 60 requests, four at a time, and each text is sent once', async () => {
    const chunks = texts(2_330, 1_000);
    const progress: [number, number][] = [];
    await store(chunks, config('sim-embed-text1'), {
      onProgress: (done: number, total: number) => progress.push([done, total]),
    });
    const stats = simulator.stats();
    expect(stats.embed_calls).toBe(Math.ceil(2_330 / 64));
    expect(stats.embed_calls).toBeLessThanOrEqual(60);
    expect(stats).toMatchObject({ embed_texts: 2_330, embed_max_batch: 64, embed_max_active: 4 });
    expect(new Set(asked())).toEqual(new Set([1]));
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).sort((one, other) => one - other));
    expect(progress.at(-1)).toEqual([2_330, 2_330]);
  });

  it('get the embedder’s vectors', async () => {
    const chunks = texts(70);
    await store(chunks);
    const vectors = await gateway.vectors(config(), [...chunks.map(({ hash }) => hash), contentHash('never stored')]);
    const { kind, baseUrl } = { kind: 'openai', baseUrl: `${simulator.url}/v1` } as const;
    const direct = await createEmbedder({ kind, baseUrl }, 'sim-embed').embed(chunks.map(({ text }) => text));
    expect(vectors.size).toBe(70);
    expect(chunks.map(({ hash }) => vectors.get(hash))).toEqual(direct.vectors);
  });

  it('cost nothing the second time, nor if a text is repeated', async () => {
    const chunks = texts(10);
    await store([...chunks, ...chunks, ...chunks]);
    await store([...chunks].reverse());
    await store([...chunks, ...texts(5, 40, 100)]);
    expect(asked()).toEqual(Array.from({ length: 15 }, () => 1));
    expect(simulator.stats().embed_calls).toBe(2);
  });

  it('that two files share are sent once, even if both are ingested concurrently', async () => {
    const slow = config('sim-embed-d50');
    const [first, second] = [texts(300), texts(300, 40, 200)];
    await Promise.all([store(first, slow), store(second, slow), store([...second].reverse(), slow)]);
    expect(asked()).toEqual(Array.from({ length: 500 }, () => 1));
    const hashes = second.map(({ hash }) => hash);
    expect((await gateway.vectors(slow, hashes)).size).toBe(300);
  });

  it('are sent by the waiting file when the other one failed or was cancelled', async () => {
    const abort = new AbortController();
    const slow = config('sim-embed-d600', { concurrentRequests: 1 });
    const other = store(texts(128), slow, { signal: abort.signal });
    await waitFor(() => simulator.stats().embed_active === 1);
    const waiting = store(texts(128), slow);
    const impatient = store(texts(128), slow, { signal: AbortSignal.timeout(20) });
    await expect(impatient).rejects.toMatchObject({ name: 'TimeoutError' });
    abort.abort(new Error('deleted'));
    await expect(other).rejects.toThrow('deleted');
    await waiting;
    expect(simulator.stats()).toMatchObject({ embed_done: 2, embed_failed: 1 });
  });

  it('are embedded again by another model, and both are cached', async () => {
    const chunks = texts(3);
    await store(chunks);
    await store(chunks, config('sim-embed-2-dims32'), { dimension: 32 });
    const dimensions = async (model: string) =>
      [...(await gateway.vectors(config(model), [chunks[0]!.hash])).values()].map(({ length }) => length);
    expect([await dimensions('sim-embed'), await dimensions('sim-embed-2-dims32')]).toEqual([[384], [32]]);
  });

  it('are sent in smaller requests if many are large', async () => {
    await store(texts(5, 150_000));
    expect(simulator.stats()).toMatchObject({ embed_calls: 3, embed_max_batch: 2 });
  });

  it('work with Ollama and with the local embedder too', async () => {
    await store(texts(3), config('sim-embed', { engine: 'ollama' }));
    const local = new EmbeddingGateway(new EmbeddingCache(database), env(`${simulator.url}/v1`), runtime);
    await local.store(config('sim-embed', { engine: '' }), texts(3), { dimension: DIMENSION });
    expect(simulator.stats()).toMatchObject({ embed_done: 2, embed_texts: 6 });
    simulator.reset();
    await local.store(config('sim-embed-d20', { engine: '' }), texts(640), { dimension: DIMENSION });
    expect(simulator.stats()).toMatchObject({ embed_calls: 10, embed_max_active: 2 });
    await expect(store(texts(1, 40, 900), config('sim-embed', { engine: '' }))).rejects.toMatchObject({
      fault: 'setup',
    });
  });
});

describe('failures', () => {
  it('continues with the missing texts after the embedder failed', async () => {
    const chunks = texts(640);
    const slow = config('sim-embed-text1', { concurrentRequests: 1 });
    simulator.inject({ kind: 'status', status: 401 }, 1, 'embeddings');
    await expect(store(chunks, slow)).rejects.toMatchObject({
      fault: 'setup',
      message: expect.stringContaining('401'),
    });
    await store(chunks.slice(0, 192), slow);
    await store(chunks, slow);
    expect(simulator.stats()).toMatchObject({ embed_calls: 11, embed_done: 10 });
  });

  it('stores batches in flight when another one failed', async () => {
    simulator.inject({ kind: 'status', status: 403 }, 1, 'embeddings');
    await expect(store(texts(256), config('sim-embed-d200'))).rejects.toMatchObject({ fault: 'setup' });
    expect(simulator.stats()).toMatchObject({ embed_calls: 4, embed_done: 3 });
    await store(texts(256), config('sim-embed-d200'));
    expect(simulator.stats()).toMatchObject({ embed_calls: 5, embed_done: 4 });
  });

  it('distinguishes a refused text from a refused key and from an embedder that refuses every text', async () => {
    const poison = hashed('The one with POISON in it.');
    const chunks = [...texts(40), poison, ...texts(10, 40, 100)];
    const refusal = { fault: 'text', hash: poison.hash, refusal: true };
    await expect(store(chunks, config('sim-embed-poison400'))).rejects.toMatchObject(refusal);
    await expect(store(texts(1), config('sim-e400'))).rejects.toMatchObject({ fault: 'setup' });
    await expect(store(texts(1), config('sim-e401'))).rejects.toMatchObject({ fault: 'setup' });
  });

  it.each(['poison500', 'poison0'])(
    'finds the text on which the embedder fails and stores the others (%s)',
    async (how) => {
      const poison = hashed('The one with POISON in it.');
      const model = config(`sim-embed-${how}`);
      await expect(store([...texts(40), poison], model)).rejects.toMatchObject({ fault: 'text', hash: poison.hash });
      const kept = await gateway.vectors(
        model,
        texts(40).map(({ hash }) => hash),
      );
      expect(kept.size).toBe(40);
    },
  );

  it('sends no more texts than the embedder accepts, and long ones in pieces', async () => {
    const model = config('sim-embed-most10-context500', { concurrentRequests: 1 });
    const long = hashed('A long text about engines. '.repeat(60));
    await store([...texts(64), long], model);
    const { embed_calls: learning } = simulator.stats();
    await store([...texts(64, 40, 100), hashed('Another long text about ships. '.repeat(60))], model);
    expect(simulator.stats().embed_calls - learning).toBeLessThanOrEqual(10);
    const [kept] = (await gateway.vectors(model, [long.hash])).values();
    expect(Math.hypot(...kept!)).toBeCloseTo(1, 4);
    await gateway.questions(model, [long.text], { dimension: DIMENSION });
  });

  it('waits for a busy embedder', async () => {
    simulator.inject({ kind: 'status', status: 429, retryAfter: 1 }, 1, 'embeddings');
    simulator.inject({ kind: 'status', status: 503 }, 1, 'embeddings');
    await store(texts(10), config('sim-embed', { concurrentRequests: 1 }));
    expect(simulator.stats()).toMatchObject({ embed_calls: 3, embed_done: 1 });
  });

  it('reports an unavailable embedder as retryable', async () => {
    const nobody = { url: `http://127.0.0.1:${await freePort()}/v1`, key: '' };
    await expect(
      gateway.questions(config('m', { openai: nobody }), ['q'], { dimension: DIMENSION }),
    ).rejects.toMatchObject({
      name: 'EmbeddingError',
      fault: 'embedder',
      message: expect.stringContaining('cannot be reached'),
    });
  });

  it('refuses vectors of another dimension than the index has, and stores none of them', async () => {
    const chunks = texts(3);
    const other = config('sim-embed-dims32');
    await expect(store(chunks, other)).rejects.toMatchObject({
      fault: 'setup',
      message: expect.stringContaining('32'),
    });
    await expect(gateway.questions(other, ['q'], { dimension: DIMENSION })).rejects.toMatchObject({ fault: 'setup' });
    expect(
      (
        await gateway.vectors(
          other,
          chunks.map(({ hash }) => hash),
        )
      ).size,
    ).toBe(0);
    expect(await gateway.dimension(other)).toBe(32);
  });

  it('closes its requests and stops when it is cancelled', async () => {
    const abort = new AbortController();
    const storing = store(texts(640), config('sim-embed-text20'), { signal: abort.signal });
    await waitFor(() => simulator.stats().embed_active === 4);
    abort.abort(new Error('lost the file'));
    await expect(storing).rejects.toThrow('lost the file');
    await waitFor(() => simulator.stats().embed_active === 0);
    expect(simulator.stats()).toMatchObject({ embed_calls: 4, embed_failed: 4 });
  });

  it('requests only the rest after its process was killed', { timeout: 60_000 }, async () => {
    const chunks = texts(2_330, 100);
    const script = `
      import { runnerImport } from 'vite';
      const load = async (path) => (await runnerImport(path, { configFile: false, logLevel: 'error', ssr: { noExternal: [/^@perennial/] } })).module;
      const { embed } = await load(${JSON.stringify(new URL('../../test/embed.ts', import.meta.url).pathname)});
      let text = '';
      for await (const part of process.stdin) text += part;
      await embed(JSON.parse(text));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    const slow = config('sim-embed-text3');
    child.stdin.end(JSON.stringify({ databaseUrl, config: slow, texts: chunks, dimension: DIMENSION }));
    await waitFor(() => simulator.stats().embed_done >= 12, { timeoutMs: 40_000 });
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await waitFor(() => simulator.stats().embed_active === 0);

    const before = simulator.stats();
    const kept = await new EmbeddingCache(database).present(
      'openai:sim-embed-text3',
      chunks.map(({ hash }) => hash),
    );
    // Received batches are stored, except those whose writing the kill interrupted.
    expect(kept.size).toBeGreaterThanOrEqual((before.embed_done - 4) * 64);
    expect(kept.size).toBeLessThan(2_330);
    await store(chunks, slow);
    const after = simulator.stats();
    expect(after.embed_texts - before.embed_texts).toBe(2_330 - kept.size);
    expect(after.embed_calls).toBeLessThanOrEqual(60);
    const again = Object.entries(after.texts).filter(([, { asked: times }]) => times > 1);
    expect(again.length).toBeLessThanOrEqual(4 * 64);
    expect(again.some(([hash]) => kept.has(hash))).toBe(false);
  });
});

describe('questions', () => {
  it('are embedded in one request, in order, and not cached', async () => {
    const [first, second] = await gateway.questions(config(), ['one thing', 'another'], { dimension: DIMENSION });
    expect(first).not.toEqual(second);
    expect(await gateway.questions(config(), ['another'], { dimension: DIMENSION })).toEqual([second]);
    expect(simulator.stats()).toMatchObject({ embed_calls: 2 });
    expect(await database.first('SELECT count(*)::int AS n FROM embeddings_cache')).toEqual({ n: 0 });
  });

  it('do not wait for a slow server longer than their caller', async () => {
    const asking = gateway.questions(config('sim-embed-stall0'), ['q'], {
      dimension: DIMENSION,
      signal: AbortSignal.timeout(150),
    });
    await expect(asking).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('the cache', () => {
  it('deletes only unused vectors', async () => {
    const chunks = texts(6);
    await store(chunks);
    await database.execute(`UPDATE embeddings_cache SET used_at = now() - interval '9 days'`);
    await store(chunks.slice(0, 2));
    const cache = new EmbeddingCache(database);
    expect(await cache.prune(7 * 86_400, 3)).toBe(3);
    expect(await cache.prune(7 * 86_400, 3)).toBe(1);
    expect(await cache.prune(7 * 86_400, 3)).toBe(0);
    const hashes = chunks.map(({ hash }) => hash);
    expect(await cache.present('openai:sim-embed', hashes)).toEqual(new Set(hashes.slice(0, 2)));
  });

  it('is written by two replicas at once without a deadlock', async () => {
    const chunks = texts(500);
    const other = new EmbeddingGateway(new EmbeddingCache(database), env(), runtime);
    await Promise.all([store(chunks), other.store(config(), [...chunks].reverse(), { dimension: DIMENSION })]);
    const hashes = chunks.map(({ hash }) => hash);
    expect((await gateway.vectors(config(), hashes)).size).toBe(500);
    expect(await database.first('SELECT count(*)::int AS n FROM embeddings_cache')).toEqual({ n: 500 });
  });
});
