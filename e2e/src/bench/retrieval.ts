import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchSystem, ROOT } from '@perennial/launcher';
import { keepResult } from '@perennial/testing/servers';
import { Library } from '../retrieval/library';
import { addUsers, signUpAdmin } from '../support/accounts';
import { LOCAL_MODEL, startLocalEmbedder } from './hybrid-system';
import { realTexts, realVectors } from './real-vectors';
import { AT_A_TIME, BATCH, EMBEDDING_MODEL, IngestionBench } from './retrieval-ingest';
import { overall, rank } from './retrieval-rank';
import { type SearchFigures, searchStores } from './retrieval-search';
import { uploadLarge } from './retrieval-upload';
import { startSimulatorProcess } from './simulator-process';
import { VECTOR_SERVERS } from './vector-servers';

const USAGE = `bench:retrieval [--quick] [--only ingest,upload,search,rank] [--chunks N] [--stores lancedb,qdrant,…]
What documents cost: ingestion against its embedder alone, memory under a large upload, search in 200,000 chunks on every vector store, and
hybrid against dense search on the labelled sets (bench:quality has more). The chunks are derived from 50,000 real texts.
--chunks: as many instead, kept as docs/results/retrieval-N.json if all stores are measured (a million takes hours).
--quick: a tenth of the text and the points, a quarter of the upload. A part that is left out has
null figures; only a whole run is kept.`;

const PARTS = ['ingest', 'upload', 'search', 'rank'];
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: PARTS.join(',') },
    chunks: { type: 'string' },
    stores: { type: 'string', default: Object.keys(VECTOR_SERVERS).join(',') },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const parts = new Set(options.only.split(','));
for (const part of parts) if (!PARTS.includes(part)) throw new Error(`there is no part "${part}": ${PARTS.join(', ')}`);

const FULL = { ingestMb: 12, uploadMb: 1_024, chunks: 200_000, questions: 80 };
const QUICK = { ingestMb: 2, uploadMb: 256, chunks: 20_000, questions: 20 };
const size = options.quick ? QUICK : FULL;
const chunks = Number(options.chunks ?? size.chunks);
if (!Number.isInteger(chunks) || chunks < 1_000) throw new Error('--chunks has to be a number of at least 1,000');
const stores = options.stores.split(',');
/** So many texts are real; one in 126 is asked for, the others are in the bases. */
const REAL_TEXTS = 50_400;

const started = Date.now();
const log = (line: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const simulator = await startSimulatorProcess();
try {
  const { ruler, ingest, upload } = await launched();
  const search = parts.has('search') ? await searched() : {};
  const ranking = parts.has('rank') ? await ranked() : undefined;
  if (ranking) log(`ndcg@10: ${JSON.stringify(ranking)}`);
  const all = ranking && overall(ranking);
  const figures = {
    ingest_ratio: ingest?.ratio ?? null,
    search_p50_ms: ofEach(search, ({ p50Ms }) => p50Ms),
    search_p99_ms: ofEach(search, ({ p99Ms }) => p99Ms),
    recall_at_10: ofEach(search, ({ recall }) => recall),
    upload_rss_growth_mb: upload?.growthMb ?? null,
    ndcg_at_10: { dense: all?.dense ?? null, hybrid: all?.hybrid ?? null },
  };
  const everyStore = Object.keys(VECTOR_SERVERS).every((name) => search[name]);
  const whole = !options.quick && PARTS.every((part) => parts.has(part));
  if (options.chunks !== undefined && everyStore) keepResult(ROOT, `retrieval-${chunks}`, { search });
  else if (whole) keepResult(ROOT, 'retrieval', { ruler, ingest, upload, ranking, search, figures });
  console.log(JSON.stringify(figures));
} finally {
  await simulator.process.stop();
}

async function searched() {
  let started: Awaited<ReturnType<typeof startLocalEmbedder>>;
  const embedder = async () => {
    started = await startLocalEmbedder(log);
    if (!started) throw new Error('the local embedder is needed once for the real texts');
    return started.url;
  };
  try {
    const texts = await realTexts(join(ROOT, 'node_modules'), REAL_TEXTS);
    const real = await realVectors(texts, join(ROOT, '.perennial/bench'), embedder, log);
    return await searchStores(real, { stores, chunks, questions: size.questions }, log);
  } finally {
    await started?.process.stop();
  }
}

function ofEach(search: Record<string, SearchFigures | null>, figure: (figures: SearchFigures) => number) {
  return Object.fromEntries(Object.entries(search).map(([name, figures]) => [name, figures && figure(figures)]));
}

async function ranked() {
  const local = await startLocalEmbedder(log);
  try {
    return await rank(local ? { url: local.url, model: LOCAL_MODEL } : { url: simulator.url, model: 'sim-embed' }, log);
  } finally {
    await local?.process.stop();
  }
}

/** Parts that need a running system with the simulator as embedder. */
async function launched() {
  if (!parts.has('ingest') && !parts.has('upload')) return {};
  const system = await launchSystem({
    env: {
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: EMBEDDING_MODEL,
      RAG_EMBEDDING_BATCH_SIZE: String(BATCH),
      RAG_EMBEDDING_CONCURRENT_REQUESTS: String(AT_A_TIME),
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
    },
  });
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const [user] = await addUsers(system.baseUrl, admin, 1);
    if (!user) throw new Error('no user was added');
    const library = new Library(system.baseUrl, user, '');
    const bench = await IngestionBench.open(system, library, simulator.url);
    try {
      const ruler = parts.has('ingest') ? await bench.ruler() : undefined;
      if (ruler) log(`2 MB of plain text into a base: ${JSON.stringify(ruler)}`);
      const ingest = parts.has('ingest') ? await bench.ratio(size.ingestMb) : undefined;
      if (ingest) log(`${size.ingestMb} MB against the embedder alone: ${JSON.stringify(ingest)}`);
      const upload = parts.has('upload') ? await uploadLarge(system, user, size.uploadMb) : undefined;
      if (upload) log(`an upload of ${size.uploadMb} MiB: ${JSON.stringify(upload)}`);
      return { ruler, ingest, upload };
    } finally {
      await bench.close();
    }
  } finally {
    await system.stop();
  }
}
