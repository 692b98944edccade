import { parseArgs } from 'node:util';
import { launchSystem } from '@perennial/launcher';
import { startSimulator } from '@perennial/provider-simulator';
import { addUsers, signUpAdmin } from '../support/accounts';
import {
  askAbout,
  changeModel,
  changeUnderway,
  expectNoOrphans,
  expectStored,
  killWorkers,
  type Scene,
  storeAway,
} from './checks';
import { knownDocuments } from './documents';
import { type ChunkMark, Ingestions } from './ingestions';
import { Library } from './library';
import { lookInto, type OpenStore, openStore, type StoreName } from './stores';

const USAGE = `e2e:retrieval [--kills 20] [--away SECONDS] [--stores qdrant,lancedb]
Documents with known facts go in, questions are asked, and what is cited is compared; with workers killed at every step, files deleted and
replaced while they are read, the store away, and the embedding model changed under searches.`;

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    away: { type: 'string', default: '30' },
    stores: { type: 'string', default: 'qdrant,lancedb' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const started = Date.now();
const log = (line: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const RETRIEVALS = 3;
const CHAT_MODEL = 'sim-t20-r300';
/** Slow enough for a worker to be caught at this step. */
const EMBEDDING_MODEL = 'sim-embed-text3';
/**
 * Of several, the one whose vectors alone place every fact that is asked among the first four. With the plain name "tower 1 of Farsund" is the
 * twelfth: only the words made it one of ten, and their ranks depend on how much of a young index has statistics of its words.
 */
const OTHER_MODEL = 'sim-embed-text1-dims256-v6';

const problems: string[] = [];
const documents = await knownDocuments();
const simulator = await startSimulator({ models: [CHAT_MODEL] });
const results: Record<string, object | string> = {};
try {
  for (const name of options.stores.split(',') as StoreName[]) {
    const store = await openStore(name, log);
    if (!store) {
      results[name] = 'skipped';
      continue;
    }
    try {
      results[name] = await runOn(store);
    } finally {
      await store.server?.stop();
    }
  }
} finally {
  await simulator.close();
}
for (const problem of problems) log(`WRONG: ${problem}`);
console.log(JSON.stringify({ ...results, wrong: problems.length }));
process.exit(problems.length > 0 ? 1 : 0);

async function runOn(store: OpenStore): Promise<object> {
  const system = await launchSystem({
    scale: { retrieval: RETRIEVALS },
    env: {
      OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
      OPENAI_API_KEYS: 'simulated',
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: EMBEDDING_MODEL,
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
      ENABLE_RAG_HYBRID_SEARCH: 'true',
      // Some facts differ in a single number, which a bag of words hardly distinguishes.
      RAG_TOP_K: '10',
      // The simulator generates the same query for every question.
      ENABLE_RETRIEVAL_QUERY_GENERATION: 'false',
      // Deliberate kills must not make files fail.
      MAX_INGESTION_ATTEMPTS: '100',
      ...store.env,
    },
  });
  const ingestions = new Ingestions(system.postgresUrl);
  const vectors = lookInto(store, system);
  try {
    log(`${store.name}: ${system.run.length} processes ready`);
    const admin = await signUpAdmin(system.baseUrl);
    const [user] = await addUsers(system.baseUrl, admin, 1);
    const scene: Scene = {
      ...{ system, store, vectors, ingestions, log, retrievals: RETRIEVALS, withoutDocuments: 0 },
      library: new Library(system.baseUrl, user!, CHAT_MODEL),
      admin: new Library(system.baseUrl, admin, CHAT_MODEL),
      wrong: (what) => {
        problems.push(`${store.name}: ${what}`);
        log(`WRONG: ${what}`);
      },
    };
    return await play(scene);
  } finally {
    await vectors.close();
    await ingestions.close();
    await system.stop();
  }
}

async function play(scene: Scene): Promise<object> {
  const { library, ingestions } = scene;
  const quiet = await library.createBase('Undisturbed');
  const undisturbed = new Map<string, ChunkMark[]>();
  for (const document of documents) {
    const from = Date.now();
    const fileId = await library.upload(document, quiet);
    await library.completed(fileId);
    undisturbed.set(document.name, await ingestions.chunksOf(fileId));
    await expectStored(scene, fileId);
    log(`${document.name}: ${undisturbed.get(document.name)?.length} chunks in ${Date.now() - from} ms`);
  }
  const answers = await askAbout(scene, quiet, documents);
  log(`${answers.cited} of ${answers.asked} facts cited, each on its page`);

  const troubled = await library.createBase('Troubled');
  const kills = Number(options.kills);
  const files = await killWorkers(scene, troubled, kills, documents, undisturbed);
  await changeUnderway(scene, troubled);
  log('deleted and replaced at every step');
  await storeAway(scene, troubled, Number(options.away) * 1_000);
  const facts = documents.flatMap((document) => document.facts.slice(0, 4));
  const searches = await changeModel(scene, quiet, OTHER_MODEL, facts);
  const again = await askAbout(scene, troubled, documents);
  await expectNoOrphans(scene);
  return {
    ...answers,
    cited_after: again.cited,
    kills,
    files_completed: files,
    searches_while_model_changed: searches,
    answered_without_documents: scene.withoutDocuments,
  };
}
