import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { missingServer, qdrantBinary, type QdrantServer, startQdrant, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VectorStore } from '../src';
import { cosine, points, scrolled } from './points';
import { subjectOf } from './subject';

const missing = await missingServer('Qdrant', qdrantBinary);

let nodes: QdrantServer[] = [];
const subjects: ReturnType<typeof subjectOf>[] = [];
let store: VectorStore;

/** A client of this node, and its settings for new collections. */
const clientOf = (node: number, settings: Record<string, string>): VectorStore => {
  const environment = { VECTOR_DB: 'qdrant', QDRANT_URI: nodes[node]?.url ?? '', ...settings };
  const subject = subjectOf(environment, undefined);
  subjects.push(subject);
  return subject.open();
};

async function api(path: string): Promise<unknown> {
  const answer = (await (await fetch(`${nodes[0]?.url}${path}`)).json()) as { result: unknown };
  return answer.result;
}

beforeAll(async () => {
  if (missing !== undefined) return;
  const first = await startQdrant({ cluster: 'first' });
  // Three: two of them can still agree that the third is gone.
  nodes = [first, ...(await Promise.all([1, 2].map(() => startQdrant({ cluster: first }))))];
  await waitFor(async () => Object.keys(((await api('/cluster')) as { peers: object }).peers).length === 3, {
    what: 'all nodes in the cluster',
    timeoutMs: 30_000,
  });
  store = clientOf(0, {
    QDRANT_SHARD_NUMBER: '3',
    QDRANT_REPLICATION_FACTOR: '2',
    QDRANT_WRITE_CONSISTENCY_FACTOR: '1',
  });
}, 60_000);
afterAll(async () => {
  await Promise.all(subjects.map((subject) => subject.close()));
  await Promise.all(nodes.map((node) => node.stop()));
});

it.skipIf(missing)('distributes and copies a new collection as it is told', async () => {
  await store.ensureCollection('told', { dimension: 8 });
  await clientOf(0, {}).ensureCollection('untold', { dimension: 8 });
  const { config } = (await api('/collections/perennial_told')) as { config: { params: object } };
  expect(config.params).toMatchObject({ shard_number: 3, replication_factor: 2, write_consistency_factor: 1 });
  const { local_shards, remote_shards } = (await api('/collections/perennial_told/cluster')) as {
    local_shards: unknown[];
    remote_shards: unknown[];
  };
  expect(local_shards.length + remote_shards.length).toBe(6);
  const { config: own } = (await api('/collections/perennial_untold')) as { config: { params: object } };
  expect(own.params).toMatchObject({ replication_factor: 1 });
});

it.skipIf(missing)('gets no compressed answers, whose second half would wait for an acknowledgement', async () => {
  const encodings: string[] = [];
  const listener = (message: unknown): void => {
    const { headers } = (message as { response: { headers: Buffer[] } }).response;
    encodings.push(...headers.map(String).filter((text) => /^content-encoding$/i.test(text)));
  };
  await store.ensureCollection('plain', { dimension: 8 });
  const all = points(50);
  await store.upsert('plain', all);
  subscribe('undici:request:headers', listener);
  try {
    const query = { vector: all[0]?.vector ?? [], filter: { scopes: ['base-1'] }, limit: 50 };
    expect(await store.search('plain', query)).toHaveLength(50);
  } finally {
    unsubscribe('undici:request:headers', listener);
  }
  expect(encodings).toEqual([]);
});

it.skipIf(missing)('gets no vectors with the points that have words of a query', async () => {
  let bytes = 0;
  const listener = (message: unknown): void => {
    const headers = (message as { response: { headers: Buffer[] } }).response.headers.map(String);
    bytes += Number(headers[headers.findIndex((name) => /^content-length$/i.test(name)) + 1] ?? 0);
  };
  await store.ensureCollection('wide', { dimension: 2_000 });
  const all = points(40, { dimension: 2_000 });
  await store.upsert('wide', all);
  const query = { vector: all[0]?.vector ?? [], filter: { scopes: ['base-1'] }, limit: 10 };
  subscribe('undici:request:headers', listener);
  try {
    const hits = await store.searchHybrid('wide', { ...query, text: 'quick fox', keywordWeight: 1 });
    expect(hits).toHaveLength(10);
    for (const { id, similarity } of hits)
      expect(similarity).toBeCloseTo(cosine(query.vector, all.find((one) => one.id === id)?.vector ?? []), 4);
  } finally {
    unsubscribe('undici:request:headers', listener);
  }
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(40_000);
});

it.skipIf(missing)(
  'answers and accepts writes while a node is killed',
  async () => {
    await store.ensureCollection('copied', { dimension: 8 });
    const all = points(200);
    await store.upsert('copied', all);
    await nodes[2]?.kill();
    await waitFor(async () => (await scrolled(store, 'copied')).length === 200, {
      what: 'all points',
      timeoutMs: 30_000,
    });
    await store.upsert('copied', points(200, { fileId: 'file-2' }));
    expect(await store.count('copied')).toBe(400);
  },
  60_000,
);
