import { parseArgs } from 'node:util';
import { ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { LOCAL_MODEL, startLocalEmbedder } from './hybrid-system';
import { type Graded, type Nearest, rank, type Ranking, type RerankerChoice } from './retrieval-rank';
import { VECTOR_SERVERS } from './vector-servers';

const USAGE = `bench:quality [--stores lancedb,qdrant,pgvector,opensearch] [--keep]
nDCG at 10 of searches by meaning, by words and by both, on the labelled sets (src/bench/labelled), the built system, the local embedder and
real vector stores. With RAG_EXTERNAL_RERANKER_URL (and _API_KEY, RAG_RERANKING_MODEL) in the environment there is a column of both with that
reranker. The last line is one JSON object. --keep: kept in docs/results.`;

/** Those whose fusion is their own; the others have the words in Postgres, as pgvector has. */
const STORES = ['lancedb', 'qdrant', 'pgvector', 'opensearch'];

const { values: options } = parseArgs({
  options: {
    stores: { type: 'string', default: STORES.join(',') },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const log = (line: string) => console.log(line);
const embedder = await startLocalEmbedder(log);
if (!embedder) throw new Error('the labelled sets are graded with the local embedder only');
const rankings: Record<string, Ranking> = {};
const found: Nearest[] = [];
try {
  for (const name of options.stores.split(',')) {
    const store = VECTOR_SERVERS[name];
    if (!store) throw new Error(`there is no store "${name}": ${Object.keys(VECTOR_SERVERS).join(', ')}`);
    const missing = await store.missing();
    if (missing !== undefined) {
      log(`SKIPPED: ${name}: ${missing}`);
      continue;
    }
    const { env, stop } = await store.start();
    try {
      rankings[name] = await rank({ url: embedder.url, model: LOCAL_MODEL }, log, {
        env,
        reranker: rerankerOf(process.env),
        // Every store measures the same cosine.
        ...(found.length === 0 ? { onNearest: (nearest: Nearest) => void found.push(nearest) } : {}),
      });
    } finally {
      await stop();
    }
    log(name);
    console.table(rankings[name]);
  }
} finally {
  await embedder.process.stop();
}
const threshold = calibrated(found);
log('questions without a text above the threshold');
console.table({ tuning: threshold.tuning, 'held-out': threshold['held-out'] });
const figures = {
  embedder: LOCAL_MODEL,
  worst_margin: worstMargin(Object.values(rankings)),
  ndcg_at_10: rankings,
  threshold,
};
if (options.keep) keepResult(ROOT, 'quality', figures);
console.log(JSON.stringify(figures));

/**
 * The distance below which a text says nothing: at most one in fifty of the answerable questions of the tuning half has none above it. For both
 * halves the share of questions without a text above it, of those that the set answers (wrongly doubted) and of those of other sets (rightly).
 */
function calibrated(all: readonly Nearest[]) {
  const distances = (half: Nearest['half'], isAnswerable: boolean) =>
    all.flatMap((one) => (one.half === half && one.isAnswerable === isAnswerable ? [one.distance] : []));
  const sorted = distances('tuning', true).sort((one, other) => one - other);
  const distance = Math.floor((sorted[Math.floor(sorted.length / 50)] ?? 0) * 100) / 100;
  const below = (of: readonly number[]) => round(of.filter((one) => one < distance).length / of.length, 3);
  const judged = (half: Nearest['half']) => ({
    answerable: below(distances(half, true)),
    unanswerable: below(distances(half, false)),
  });
  return { distance, tuning: judged('tuning'), 'held-out': judged('held-out') };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** By the variables of the service. */
function rerankerOf(env: NodeJS.ProcessEnv): RerankerChoice | undefined {
  const { RAG_EXTERNAL_RERANKER_URL: url, RAG_EXTERNAL_RERANKER_API_KEY: key, RAG_RERANKING_MODEL: model } = env;
  if (!url) return undefined;
  return { RAG_EXTERNAL_RERANKER_URL: url, RAG_EXTERNAL_RERANKER_API_KEY: key ?? '', RAG_RERANKING_MODEL: model ?? '' };
}

/** The lowest value, of all stores and held-out halves, of hybrid minus the better of both. */
function worstMargin(all: readonly Ranking[]): number {
  const margin = ({ dense, words, hybrid }: Graded) => hybrid - Math.max(dense, words);
  const heldOut = all.flatMap((ranking) => Object.entries(ranking).filter(([name]) => name.endsWith('held-out')));
  return round(Math.min(...heldOut.map(([, graded]) => margin(graded))), 3);
}
