import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Busy, Engine, type EngineOptions, type Inference, NotLoaded } from './engine';
import { fetchLocalEmbedder } from './fetch';
import { startInference } from './inference-process';
import { DEFAULT_MODEL, RUNTIME } from './pins';
import { meanOfTokens } from './pooling';
import { parseEmbeddingRequest } from './request';

/** A fake model: returns the length of a text, when the test says so. */
class SlowInference implements Inference {
  ended = false;
  stopped = false;
  readonly asked: string[] = [];
  private waiting: (() => void)[] = [];

  embed(text: string) {
    this.asked.push(text);
    return new Promise<{ vector: Float32Array; tokens: number }>((resolve, reject) => {
      this.waiting.push(() =>
        this.ended ? reject(new Error('gone')) : resolve({ vector: Float32Array.of(text.length), tokens: 1 }),
      );
    });
  }

  async answer(times = 1): Promise<void> {
    for (let time = 0; time < times; time++) {
      await vi.waitFor(() => expect(this.waiting.length).toBeGreaterThan(0));
      this.waiting.shift()?.();
    }
  }

  stop(): void {
    this.stopped = true;
  }
}

function engineWith(change: Partial<EngineOptions> = {}) {
  const models: SlowInference[] = [];
  const load = () => {
    const model = new SlowInference();
    models.push(model);
    return Promise.resolve<Inference>(model);
  };
  return { engine: new Engine({ load, queue: 4, idleMs: 0, ...change }), models };
}

const never = new AbortController().signal;
const lengths = (vectors: { vector: Float32Array }[]) => vectors.map(({ vector }) => vector[0]);

describe('Engine', () => {
  it('loads the model with the first text, once', async () => {
    const { engine, models } = engineWith();
    expect([engine.loaded, models.length]).toEqual([false, 0]);
    const first = engine.embed(['a', 'bb'], never);
    const second = engine.embed(['ccc'], never);
    await vi.waitFor(() => expect(models).toHaveLength(1));
    await models[0]!.answer(3);
    expect([lengths(await first), lengths(await second)]).toEqual([[1, 2], [3]]);
    expect([engine.loaded, models.length]).toEqual([true, 1]);
  });

  it('serves a query before the rest of earlier documents', async () => {
    const { engine, models } = engineWith();
    const documents = engine.embed(['d1', 'd2', 'd3'], never);
    await vi.waitFor(() => expect(models[0]?.asked).toEqual(['d1']));
    const question = engine.embed(['q'], never);
    await models[0]!.answer(4);
    await Promise.all([documents, question]);
    expect(models[0]!.asked).toEqual(['d1', 'q', 'd2', 'd3']);
  });

  it('refuses requests beyond its queue, with Retry-After', async () => {
    const { engine, models } = engineWith();
    // The queue is empty: the request may be larger than it.
    const large = engine.embed(['1', '2', '3', '4', '5', '6'], never);
    expect(() => engine.embed(['x'], never)).toThrow(Busy);
    await vi.waitFor(() => expect(models).toHaveLength(1));
    await models[0]!.answer(3);
    await vi.waitFor(() => expect(models[0]!.asked).toHaveLength(4));
    const small = engine.embed(['x'], never);
    expect(() => engine.embed(['y'], never)).toThrow(expect.objectContaining({ retryAfterS: expect.any(Number) }));
    await models[0]!.answer(4);
    await Promise.all([large, small]);
  });

  it('embeds no more texts of a client that has disconnected', async () => {
    const { engine, models } = engineWith();
    const gone = new AbortController();
    const given = engine.embed(['1', '2', '3'], gone.signal);
    await vi.waitFor(() => expect(models[0]?.asked).toHaveLength(1));
    gone.abort(new Error('closed'));
    await expect(given).rejects.toThrow('closed');
    const next = engine.embed(['n'], never);
    await models[0]!.answer(2);
    await next;
    expect(models[0]!.asked).toEqual(['1', 'n']);
  });

  it('retries a text when the model died on it, and fails it at the second death', async () => {
    const { engine, models } = engineWith();
    const poison = engine.embed(['poison'], never);
    const other = engine.embed(['fine', 'fine too'], never);
    for (const death of [0, 1]) {
      await vi.waitFor(() => expect(models[death]?.asked).toEqual(['poison']));
      models[death]!.ended = true;
      await models[death]!.answer();
    }
    await expect(poison).rejects.toThrow('gone');
    await vi.waitFor(() => expect(models).toHaveLength(3));
    await models[2]!.answer(2);
    expect(lengths(await other)).toEqual([4, 8]);
  });

  it('reports why the model cannot be loaded, and retries with the next request', async () => {
    let broken = true;
    const model = new SlowInference();
    const load = () => (broken ? Promise.reject(new Error('no weights')) : Promise.resolve<Inference>(model));
    const { engine } = engineWith({ load });
    await expect(engine.embed(['a'], never)).rejects.toThrow(NotLoaded);
    await expect(engine.embed(['a'], never)).rejects.toThrow('no weights');
    broken = false;
    const embedded = engine.embed(['a'], never);
    await model.answer();
    expect(lengths(await embedded)).toEqual([1]);
  });

  it('unloads an idle model, and loads it again', async () => {
    const { engine, models } = engineWith({ idleMs: 30 });
    for (const n of [0, 1]) {
      const embedded = engine.embed(['a'], never);
      await vi.waitFor(() => expect(models).toHaveLength(n + 1));
      await models[n]!.answer();
      await embedded;
      await vi.waitFor(() => expect(models[n]!.stopped).toBe(true));
      expect(engine.loaded).toBe(false);
    }
  });
});

describe('parseEmbeddingRequest', () => {
  const read = (body: unknown) => parseEmbeddingRequest(body, DEFAULT_MODEL);

  it('takes one text or several, with or without the name of the model', () => {
    expect(read({ input: 'a' })).toEqual({ texts: ['a'], base64: false });
    expect(read({ model: DEFAULT_MODEL, input: ['a', 'b'], encoding_format: 'base64' })).toEqual({
      texts: ['a', 'b'],
      base64: true,
    });
  });

  it.each([
    [null, 400],
    [{}, 400],
    [{ input: [] }, 400],
    [{ input: [''] }, 400],
    [{ input: [[1, 2, 3]] }, 400],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 400],
    [{ input: 'a', dimensions: 100 }, 400],
    [{ input: 'a', encoding_format: 'hex' }, 400],
    [{ input: 'a', model: 'text-embedding-3-small' }, 404],
  ])('refuses %j with %i', (body, status) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ status }));
  });
});

describe('startInference', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-inference-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  /** A process in place of the model's. */
  async function processOf(source: string) {
    const script = join(dir, `${Math.random()}.mjs`);
    await writeFile(script, source);
    return startInference(script, { dir: '', folder: '', threads: 1 }, { load: 2_000, text: 300 });
  }
  const answer = `process.on('message', ({ text }) => process.send({ kind: 'vector', vector: new Float32Array([text.length]), tokens: 1 }));`;

  it('passes vectors on exactly', async () => {
    const inference = await processOf(`${answer} process.send({ kind: 'ready' })`);
    expect(await inference.embed('abc')).toMatchObject({ vector: Float32Array.of(3), tokens: 1 });
    inference.stop();
    await vi.waitFor(() => expect(inference.ended).toBe(true));
    await expect(inference.embed('abc')).rejects.toThrow('has ended');
  });

  it('reports why the model could not be loaded', async () => {
    const broken = `process.send({ kind: 'broken', message: 'no tokenizer.json' }); process.disconnect();`;
    await expect(processOf(broken)).rejects.toThrow('no tokenizer.json');
    await expect(processOf('process.exit(3)')).rejects.toThrow('exit 3');
  });

  it('does not wait for ever, neither for the model nor for a text', async () => {
    await expect(processOf('setInterval(() => 0, 1000)')).rejects.toThrow('SIGKILL');
    const silent = await processOf(`process.on('message', () => 0); process.send({ kind: 'ready' })`);
    await expect(silent.embed('a')).rejects.toThrow('in the middle of a text');
    expect(silent.ended).toBe(true);
  });
});

it('the vector of a text is the mean of its tokens, of length 1', () => {
  expect(Array.from(meanOfTokens([1, 0, 5, 8], 2))).toEqual([Math.fround(0.6), Math.fround(0.8)]);
});

describe('a model from a hub', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-hub-'));
    // The runtime is there: it is not what is tested.
    await mkdir(join(dir, 'runtime'));
    await writeFile(join(dir, 'runtime', 'ready'), `${RUNTIME.packages.join(' ')} ${process.platform}-${process.arch}`);
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function withHub(files: Record<string, string>, work: (url: string, asked: string[]) => Promise<void>) {
    const asked: string[] = [];
    const hub = createServer(({ url = '' }, response) => {
      asked.push(url);
      const file = files[url.replace('/org/model/resolve/main/', '')];
      response.writeHead(file === undefined ? 404 : 200).end(file);
    });
    await new Promise<void>((listening) => hub.listen(0, '127.0.0.1', listening));
    const { port } = hub.address() as AddressInfo;
    try {
      await work(`http://127.0.0.1:${port}/`, asked);
    } finally {
      hub.close();
    }
  }
  const fetchFrom = (url: string) => fetchLocalEmbedder({ kind: 'hub', url }, 'org/model', { dir });

  it('is complete or says what is missing, and is fetched once', async () => {
    const files = { 'tokenizer.json': '{}', 'tokenizer_config.json': '{}' };
    await withHub(files, async (url) => {
      await expect(fetchFrom(url)).rejects.toThrow('onnx/model_quantized.onnx cannot be fetched: HTTP 404');
    });
    await withHub({ ...files, 'onnx/model_quantized.onnx': 'weights' }, async (url, asked) => {
      await fetchFrom(url);
      expect(asked).toEqual([
        '/org/model/resolve/main/onnx/model_quantized.onnx',
        '/org/model/resolve/main/sentence_bert_config.json',
      ]);
    });
    expect(await readFile(join(dir, 'hub/org/model/onnx/model_quantized.onnx'), 'utf8')).toBe('weights');
    await expect(fetchFrom('http://127.0.0.1:1')).resolves.toBeUndefined();
  });
});
