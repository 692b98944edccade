import { readEnv } from '@perennial/runtime';
import { createVectorStore, type VectorStore, vectorStoreEnv, vectorStoreRules } from '@perennial/vector-store';
import { z } from 'zod';
import { DIMENSION, type RealVectors } from './real-vectors';
import { type Base, exactly, PointMaker, type Question } from './retrieval-vectors';
import { VECTOR_SERVERS, type VectorServer } from './vector-servers';

/** Of all bases of one store together; times in milliseconds. */
export interface SearchFigures {
  p50Ms: number;
  p99Ms: number;
  /** By meaning and by words. */
  hybridP99Ms: number;
  recall: number;
  /** From the first point to the last, and until the server was idle. */
  filledS: number;
  indexedS: number;
}

export interface SearchOptions {
  /** Names of `VECTOR_SERVERS`. */
  stores: readonly string[];
  /** Chunks of all bases together. */
  chunks: number;
  /** Per class of bases. */
  questions: number;
}

/** Shares of all chunks; as in a real installation few bases are large and most are small. */
const CLASSES = [
  { bases: 1, share: 0.25 },
  { bases: 2, share: 0.125 },
  { bases: 5, share: 0.05 },
  { bases: 20, share: 0.01 },
  { bases: 20, share: 0.0025 },
];
const COLLECTION = 'bench';
const BATCH = 500;
const AT_A_TIME = 2;
const LIMIT = 10;
const WARM = 20;
const PROGRESS_SHARE = 0.1;
const schema = z.object(vectorStoreEnv).superRefine(vectorStoreRules);

/** A question to a base, and what is nearest to it. */
interface Asked extends Question {
  base: Base;
  nearest: Set<string>;
}

/**
 * Fills each store with the same points and asks it the same questions, one at a time.
 *
 * @returns by store; null where the server cannot be had
 */
export async function searchStores(
  real: RealVectors,
  { stores, chunks, questions }: SearchOptions,
  log: (line: string) => void,
): Promise<Record<string, SearchFigures | null>> {
  const sizes = CLASSES.flatMap(({ bases, share }) => Array.from({ length: bases }, () => Math.round(chunks * share)));
  const maker = new PointMaker(real, sizes);
  const asked = questionsOf(maker, questions);
  log(`${chunks} chunks and ${asked.flat().length} questions are made`);
  const figures: Record<string, SearchFigures | null> = {};
  for (const name of stores) {
    const kind = VECTOR_SERVERS[name];
    if (!kind) throw new Error(`there is no store "${name}": ${Object.keys(VECTOR_SERVERS).join(', ')}`);
    const missing = await kind.missing();
    figures[name] = null;
    if (missing !== undefined) {
      log(`SKIPPED: search on ${name}: ${missing}`);
      continue;
    }
    const server = await kind.start();
    try {
      figures[name] = await searchOne(name, server, maker, asked, log);
      log(`${name}: ${JSON.stringify(figures[name])}`);
    } finally {
      await server.stop();
    }
  }
  return figures;
}

/** By class of bases; the first ones of each are for warming up. */
function questionsOf(maker: PointMaker, questions: number): Asked[][] {
  let first = 0;
  return CLASSES.map(({ bases }) => {
    const inClass = maker.bases.slice(first, (first += bases));
    return Array.from({ length: WARM + questions }, (_, at) => {
      const base = inClass[at % inClass.length] as Base;
      const question = maker.question(base);
      return { ...question, base, nearest: exactly(base, question.vector, LIMIT) };
    });
  });
}

async function searchOne(
  name: string,
  { env, settled }: VectorServer,
  maker: PointMaker,
  asked: readonly Asked[][],
  log: (line: string) => void,
): Promise<SearchFigures> {
  const store = createVectorStore(readEnv(schema, { DATA_DIR: 'data', ...env }, { service: 'bench' }));
  try {
    const from = performance.now();
    const seconds = () => Math.round((performance.now() - from) / 1_000);
    await fill(store, maker, (share) => log(`${name}: ${Math.round(share * 100)} % written after ${seconds()} s`));
    const filledS = seconds();
    await settled();
    const indexedS = seconds();
    log(`${name}: indexed after ${indexedS} s`);
    return { ...(await ask(name, store, asked, log)), filledS, indexedS };
  } finally {
    await store.close();
  }
}

async function fill(store: VectorStore, maker: PointMaker, onProgress: (share: number) => void): Promise<void> {
  await store.ensureCollection(COLLECTION, { dimension: DIMENSION });
  const all = maker.bases.reduce((sum, { size }) => sum + size, 0);
  let written = 0;
  const batches = (function* () {
    for (const base of maker.bases)
      for (let from = 0; from < base.size; from += BATCH)
        yield maker.points(base, from, Math.min(from + BATCH, base.size));
  })();
  let told = 0;
  const writer = async () => {
    for (const batch of batches) {
      await store.upsert(COLLECTION, batch);
      written += batch.length;
      if (written / all < told + PROGRESS_SHARE) continue;
      told = written / all;
      onProgress(told);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, writer));
}

async function ask(
  name: string,
  store: VectorStore,
  asked: readonly Asked[][],
  log: (line: string) => void,
): Promise<Pick<SearchFigures, 'p50Ms' | 'p99Ms' | 'hybridP99Ms' | 'recall'>> {
  const all = { dense: [] as number[], hybrid: [] as number[], found: 0, wanted: 0 };
  for (const inClass of asked) {
    const times = { dense: [] as number[], hybrid: [] as number[] };
    let found = 0;
    let wanted = 0;
    for (const [at, { base, vector, text, nearest }] of inClass.entries()) {
      const query = { vector, filter: { scopes: [base.scope] }, limit: LIMIT };
      const hits = await timed(() => store.search(COLLECTION, query));
      const both = await timed(() => store.searchHybrid(COLLECTION, { ...query, text, keywordWeight: 0.5 }));
      if (at < WARM) continue;
      times.dense.push(hits.ms);
      times.hybrid.push(both.ms);
      found += hits.result.filter(({ id }) => nearest.has(id)).length;
      wanted += nearest.size;
    }
    const p50 = { dense: quantile(times.dense, 0.5), hybrid: quantile(times.hybrid, 0.5) };
    const p99 = { dense: quantile(times.dense, 0.99), hybrid: quantile(times.hybrid, 0.99) };
    const recall = round(found / wanted, 3);
    log(`${name}: base of ${inClass[0]?.base.size}: ${JSON.stringify({ recall_at_10: recall, p50, p99 })}`);
    all.dense.push(...times.dense);
    all.hybrid.push(...times.hybrid);
    all.found += found;
    all.wanted += wanted;
  }
  return {
    p50Ms: quantile(all.dense, 0.5),
    p99Ms: quantile(all.dense, 0.99),
    hybridP99Ms: quantile(all.hybrid, 0.99),
    recall: round(all.found / all.wanted, 3),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await work();
  return { ms: performance.now() - from, result };
}

const round = (value: number, digits = 1) => Number(value.toFixed(digits));

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}
