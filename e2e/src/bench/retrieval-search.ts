import { setTimeout as sleep } from 'node:timers/promises';
import { missingServer, pgvectorFiles, qdrantBinary, startPostgres, startQdrant } from '@perennial/testing/servers';
import { createVectorStore, type VectorStore, type VectorStoreConfig } from '@perennial/vector-store';
import { type Base, DIMENSION, exactly, PointMaker } from './retrieval-vectors';

export type ServerName = 'qdrant' | 'pgvector';

/** Search figures of one store; null if its server is not available. */
export interface SearchFigures {
  p99Ms: number;
  recall: number;
}

/** Bases by size; as in a real installation few are large and most are small. */
const CLASSES = [
  { bases: 1, size: 50_000 },
  { bases: 2, size: 25_000 },
  { bases: 5, size: 10_000 },
  { bases: 20, size: 2_000 },
  { bases: 20, size: 500 },
];
const COLLECTION = 'bench';
const BATCH = 500;
const AT_A_TIME = 2;
const LIMIT = 10;
const WARM = 20;
const QUESTION_WORDS = 8;
const SETTLE_MS = 5_000;
const INDEXING_LIMIT_MS = 1_200_000;

interface Subject {
  config: Partial<VectorStoreConfig>;
  /** Waits until the server is idle. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Fills each store with the same points and searches it, one query at a time. `share` makes all bases smaller. */
export async function searchStores(
  { share, questions }: { share: number; questions: number },
  log: (line: string) => void,
): Promise<Record<ServerName, SearchFigures | null>> {
  const sizes = CLASSES.flatMap(({ bases, size }) => Array.from({ length: bases }, () => Math.round(size * share)));
  const maker = new PointMaker(sizes);
  const measure = async (name: ServerName, missing: string | undefined, start: () => Promise<Subject>) => {
    if (missing !== undefined) {
      log(`SKIPPED: search on ${name}: ${missing}`);
      return null;
    }
    const subject = await start();
    try {
      return await searchOne(name, subject, maker, questions, log);
    } finally {
      await subject.stop();
    }
  };
  return {
    qdrant: await measure('qdrant', await missingServer('Qdrant', qdrantBinary), qdrant),
    pgvector: await measure('pgvector', await missingServer('pgvector', () => pgvectorFiles()), pgvector),
  };
}

async function searchOne(
  name: ServerName,
  { config, settled }: Subject,
  maker: PointMaker,
  questions: number,
  log: (line: string) => void,
): Promise<SearchFigures> {
  const store = createVectorStore({
    DATA_DIR: '',
    VECTOR_DB_TIMEOUT_MS: 5_000,
    QDRANT_COLLECTION_PREFIX: 'bench',
    QDRANT_ON_DISK: false,
    QDRANT_HNSW_M: 16,
    PGVECTOR_POOL_SIZE: 10,
    PGVECTOR_HNSW_M: 16,
    PGVECTOR_HNSW_EF_CONSTRUCTION: 64,
    ...config,
  } as VectorStoreConfig);
  try {
    const from = performance.now();
    await fill(store, maker, (written) => {
      if (written % 50_000 === 0) log(`${name}: ${written} points after ${seconds(from)} s`);
    });
    log(`${name}: filled in ${seconds(from)} s`);
    await settled();
    log(`${name}: indexed after ${seconds(from)} s`);
    return await ask(name, store, maker, questions, log);
  } finally {
    await store.close();
  }
}

async function fill(store: VectorStore, maker: PointMaker, onProgress: (written: number) => void): Promise<void> {
  await store.ensureCollection(COLLECTION, { dimension: DIMENSION });
  let written = 0;
  const batches = (function* () {
    for (const base of maker.bases)
      for (let from = 0; from < base.size; from += BATCH)
        yield maker.points(base, from, Math.min(from + BATCH, base.size));
  })();
  const writer = async () => {
    for (const batch of batches) {
      await store.upsert(COLLECTION, batch);
      onProgress((written += batch.length));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, writer));
}

async function ask(
  name: ServerName,
  store: VectorStore,
  maker: PointMaker,
  questions: number,
  log: (line: string) => void,
): Promise<SearchFigures> {
  const all = { times: [] as number[], found: 0, wanted: 0 };
  let first = 0;
  for (const { bases } of CLASSES) {
    const inClass = maker.bases.slice(first, (first += bases));
    const times: number[] = [];
    const hybrid: number[] = [];
    let found = 0;
    let wanted = 0;
    for (let at = -WARM; at < questions; at += 1) {
      const base = inClass[Math.abs(at) % inClass.length] as Base;
      const vector = maker.question(base);
      const filter = { scopes: [base.scope] };
      const exact = exactly(base, vector, LIMIT);
      const hits = await timed(() => store.search(COLLECTION, { vector, filter, limit: LIMIT }));
      const text = maker.words(QUESTION_WORDS);
      const both = await timed(() =>
        store.searchHybrid(COLLECTION, { vector, filter, limit: LIMIT, text, keywordWeight: 0.5 }),
      );
      if (at < 0) continue;
      times.push(hits.ms);
      hybrid.push(both.ms);
      found += hits.result.filter(({ id }) => exact.has(id)).length;
      wanted += exact.size;
    }
    const size = (inClass[0] as Base).size;
    const p50 = { dense: quantile(times, 0.5), hybrid: quantile(hybrid, 0.5) };
    const p99 = { dense: quantile(times, 0.99), hybrid: quantile(hybrid, 0.99) };
    log(`${name}: base of ${size}: ${JSON.stringify({ recall_at_10: round(found / wanted, 3), p50, p99 })}`);
    all.times.push(...times);
    all.found += found;
    all.wanted += wanted;
  }
  return { p99Ms: quantile(all.times, 0.99), recall: round(all.found / all.wanted, 3) };
}

async function qdrant(): Promise<Subject> {
  const server = await startQdrant({ apiKey: 'bench-key' });
  const look = async <T>(path: string): Promise<T> => {
    const reply = await fetch(server.url + path, { headers: { 'api-key': 'bench-key' } });
    return ((await reply.json()) as { result: T }).result;
  };
  return {
    config: { VECTOR_DB: 'qdrant', QDRANT_URI: server.url, QDRANT_API_KEY: 'bench-key' },
    settled: async () => {
      const deadline = Date.now() + INDEXING_LIMIT_MS;
      const { collections } = await look<{ collections: { name: string }[] }>('/collections');
      for (const { name } of collections) {
        while ((await look<{ status: string }>(`/collections/${name}`)).status !== 'green') {
          if (Date.now() > deadline) throw new Error(`Qdrant has not indexed ${name} after 20 minutes`);
          await sleep(500);
        }
      }
      await sleep(SETTLE_MS);
    },
    stop: () => server.stop(),
  };
}

async function pgvector(): Promise<Subject> {
  // Realistic for a server with 200,000 chunks; the default of 64 MB is for tests.
  const settings = { shared_buffers: '1GB', max_wal_size: '4GB' };
  const server = await startPostgres({ pgvector: await pgvectorFiles(), settings });
  return {
    config: { VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: server.url },
    settled: () => sleep(SETTLE_MS),
    stop: () => server.stop(),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await work();
  return { ms: performance.now() - from, result };
}

const seconds = (from: number) => Math.round((performance.now() - from) / 1_000);
const round = (value: number, digits = 1) => Number(value.toFixed(digits));

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}
