import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { closeProviderPools } from '@perennial/model-provider';
import { Runtime } from '@perennial/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeySeal } from '../settings/key-seal';
import type { SettingsState } from '../settings/settings';
import { Reranker, type Reranking } from './reranker';
import type { ScoredChunk } from './sources';

interface Asked {
  model?: string;
  query: string;
  documents: string[];
  top_n: number;
}

// Real: an HTTP server. The relevance of a text is the number in it.
describe('a reranker', () => {
  const relevanceOf = (text: string): number => Number(/[\d.-]+/.exec(text)?.[0] ?? 0);
  const faithful = ({ documents }: Asked): unknown => ({
    results: documents.map((text, index) => ({ index, relevance_score: relevanceOf(text) })).reverse(),
  });
  let answer: (asked: Asked, response: ServerResponse) => unknown = faithful;
  const requests: { asked: Asked; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => void serve(request, response));
  let url = '';
  const seal = new KeySeal(['a secret of this test']);
  const runtime = new Runtime({ name: 'retrieval', logLevel: 'silent' });
  let reranker: Reranker;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = (await json(request)) as Asked;
    requests.push({ asked, authorization: request.headers.authorization });
    const reply = answer(asked, response);
    if (reply !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  }

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/rerank`;
    reranker = new Reranker(seal, runtime, { PLACEMENTS: new Map() });
  });
  afterAll(async () => {
    await closeProviderPools();
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    requests.length = 0;
    answer = faithful;
  });

  const chunk = (text: string): ScoredChunk => ({
    ...{
      id: text,
      fileId: 'f',
      userId: 'u',
      name: 'n',
      page: null,
      pageLabel: null,
      startSeconds: null,
      heading: null,
      start: 0,
    },
    ...{ generation: 1, ordinal: 0, hash: text, text, similarity: 0.5, score: 0.5 },
  });
  const list = (...texts: string[]) => texts.map(chunk);
  const settings = (change: object = {}) =>
    ({
      RAG_RERANKING_ENGINE: 'external',
      RAG_RERANKING_MODEL: 'ranker',
      RAG_RERANKING_BATCH_SIZE: 32,
      RAG_EXTERNAL_RERANKER_URL: url,
      RAG_EXTERNAL_RERANKER_TIMEOUT: '20',
      rerankerKey: seal.seal('sk-of-the-reranker'),
      ...change,
    }) as SettingsState['retrieval'];
  const reranking = (change: Partial<Reranking> = {}): Reranking => ({
    ...{ queries: ['which?'], settings: settings(), residence: null, remainingMs: 10_000 },
    signal: new AbortController().signal,
    ...change,
  });
  const order = async (lists: ScoredChunk[][], change?: Partial<Reranking>) =>
    (await reranker.rerank(lists, reranking(change)))?.map((one) =>
      one.map(({ text, relevance }) => [text, relevance]),
    );
  const counted = async (outcome: string): Promise<number> => {
    const line = new RegExp(`rerank_seconds_count\\{[^}]*outcome="${outcome}"[^}]*\\} (\\d+)`);
    return Number(line.exec((await runtime.metrics.text()).body)?.[1] ?? 0);
  };

  it('puts the most relevant texts first, in each list, and is asked for each text once', async () => {
    expect(await order([list('a 0.1', 'b 0.9'), list('b 0.9', 'c 0.95')])).toEqual([
      [
        ['b 0.9', 0.9],
        ['a 0.1', 0.1],
      ],
      [
        ['c 0.95', 0.95],
        ['b 0.9', 0.9],
      ],
    ]);
    expect(requests).toEqual([
      {
        asked: { model: 'ranker', query: 'which?', documents: ['a 0.1', 'b 0.9', 'c 0.95'], top_n: 3 },
        authorization: 'Bearer sk-of-the-reranker',
      },
    ]);
    expect(await counted('ok')).toBe(1);
  });

  it('counts a text by the wording that it answers best', async () => {
    answer = ({ query, documents }) => ({
      results: documents.map((text, index) => ({ index, relevance_score: text.includes(query) ? 0.8 : 0.2 })),
    });
    const found = await order([list('one', 'two', 'three')], { queries: ['two', 'three', 'two'] });
    expect(found).toEqual([
      [
        ['two', 0.8],
        ['three', 0.8],
        ['one', 0.2],
      ],
    ]);
  });

  it('may answer with logarithms of odds', async () => {
    const found = await order([list('a -4', 'b 3')]);
    expect(found?.[0]?.map(([text]) => text)).toEqual(['b 3', 'a -4']);
    expect(found?.[0]?.[0]?.[1]).toBeCloseTo(0.953, 3);
  });

  it('gets a bounded part of any input, in batches, and the rest follows', async () => {
    const many = Array.from({ length: 300 }, (_, n) => `0.${String(n).padStart(3, '0')} ${'𝕏'.repeat(50_000)}`);
    const [found] = (await reranker.rerank(
      [list(...many)],
      reranking({ queries: Array.from({ length: 8 }, (_, n) => `${n} ${'long '.repeat(1_500)}`) }),
    ))!;
    expect(found).toHaveLength(300);
    expect(found![0]!.text).toMatch(/^0\.099/);
    expect(found!.slice(100).map(({ text }) => text)).toEqual(many.slice(100));
    expect(requests).toHaveLength(3 * 4);
    for (const { asked } of requests) {
      expect(asked.documents.length).toBeLessThanOrEqual(32);
      expect(asked.query.length).toBeLessThanOrEqual(2_000);
      for (const text of asked.documents) {
        expect(text.length).toBeLessThanOrEqual(4_000);
        expect(text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
      }
    }
  });

  it.each([
    ['an error', (_: Asked, response: ServerResponse) => void response.writeHead(500).end('broken')],
    ['a redirect', (_: Asked, response: ServerResponse) => void response.writeHead(302, { location: '/' }).end()],
    ['no JSON', (_: Asked, response: ServerResponse) => void response.end('<html>')],
    ['a broken connection', (_: Asked, response: ServerResponse) => void response.destroy()],
    ['too few scores', () => ({ results: [{ index: 0, relevance_score: 1 }] })],
    ['one text twice', () => ({ results: [0, 0].map((index) => ({ index, relevance_score: 1 })) })],
    ['no numbers', () => ({ results: [0, 1].map((index) => ({ index, relevance_score: 'high' })) })],
  ])('that answers with %s leaves the order as it is, and is counted', async (_, reply) => {
    // Another address, or the breaker would open.
    const own = settings({ RAG_EXTERNAL_RERANKER_URL: `${url}?of=${encodeURIComponent(_)}` });
    answer = reply;
    const before = await counted('failed');
    expect(await order([list('a 0.1', 'b 0.9')], { settings: own })).toBeUndefined();
    expect(await counted('failed')).toBe(before + 1);
  });

  it('that is late is not waited for, and after some failures it is not asked for a while', async () => {
    answer = () => undefined;
    const own = settings({ RAG_EXTERNAL_RERANKER_URL: `${url}?of=late`, RAG_EXTERNAL_RERANKER_TIMEOUT: '0.1' });
    const before = await counted('late');
    const from = performance.now();
    expect(await order([list('a 0.1', 'b 0.9')], { settings: own })).toBeUndefined();
    // A caller with less time left is not made to wait for longer than that.
    expect(await order([list('a 0.1', 'b 0.9')], { settings: settings(), remainingMs: 560 })).toBeUndefined();
    expect(await order([list('a 0.1', 'b 0.9')], { settings: own, remainingMs: 400 })).toBeUndefined();
    expect(performance.now() - from).toBeLessThan(1_500);
    expect(await counted('late')).toBe(before + 3);
    for (let n = 0; n < 5; n += 1) await order([list('a 0.1')], { settings: own });
    const asked = requests.length;
    expect(await order([list('a 0.1')], { settings: own })).toBeUndefined();
    expect(requests).toHaveLength(asked);
    expect(await counted('away')).toBe(1);
  });

  it('is stopped with its caller', async () => {
    answer = () => undefined;
    const caller = new AbortController();
    const result = order([list('a 0.1')], {
      signal: caller.signal,
    });
    setTimeout(() => caller.abort(new Error('gone')), 50);
    await expect(result).rejects.toThrow('gone');
  });

  it('does not see texts of a placement that does not allow it', async () => {
    const placements = new Map([['eu', { connections: [] }]]) as unknown as ConstructorParameters<typeof Reranker>[2];
    const placed = new Reranker(seal, runtime, { PLACEMENTS: placements } as never);
    expect(await placed.rerank([list('a 0.1')], reranking({ residence: 'eu' }))).toBeUndefined();
    expect(requests).toEqual([]);
    expect(await counted('forbidden')).toBe(1);
  });

  it('is wanted by nobody without an address, and finds more candidates for few items', () => {
    expect(reranker.isConfigured(settings({ RAG_EXTERNAL_RERANKER_URL: '' }))).toBe(false);
    expect(reranker.isConfigured(settings({ RAG_RERANKING_ENGINE: '' }))).toBe(false);
    expect([1, 5, 100].map((items) => reranker.candidates(3, items))).toEqual([30, 20, 3]);
  });
});
