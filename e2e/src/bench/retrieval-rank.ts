import { join } from 'node:path';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { launchSystem, ROOT } from '@perennial/launcher';
import { freePort, ManagedProcess, waitFor } from '@perennial/testing/servers';
import { Library } from '../retrieval/library';
import { signUpAdmin } from '../support/accounts';
import { http, httpUntilAnswered } from '../support/http';
import { DOCUMENTS, type LabelledQuestion, QUESTIONS } from './retrieval-labelled';

const HITS = 10;
const UPLOADS_AT_A_TIME = 4;
export const LOCAL_MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
/** Includes the download of the model. */
const EMBEDDER_LIMIT_MS = 240_000;

export interface Ranking {
  dense: number;
  hybrid: number;
  /** The embedder. */
  embedder: string;
  by_kind: Record<string, { questions: number; dense: number; hybrid: number }>;
}

/** Adds the labelled documents to a base of a running system and grades the search results of the questions. */
export async function rank(simulator: { url: string; model: string }, log: (line: string) => void): Promise<Ranking> {
  const local = await startLocalEmbedder(log);
  const embedder = local ? { url: local.url, model: LOCAL_MODEL } : simulator;
  try {
    const system = await launchSystem({
      env: {
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: embedder.model,
        RAG_OPENAI_API_BASE_URL: `${embedder.url}/v1`,
        RAG_OPENAI_API_KEY: 'none',
        // Otherwise no search uses keywords.
        ENABLE_RAG_HYBRID_SEARCH: 'true',
      },
    });
    try {
      const admin = await signUpAdmin(system.baseUrl);
      const library = new Library(system.baseUrl, admin, '');
      const base = await library.createBase('Shelf');
      await fill(library, base);
      const graded = async (hybrid: boolean) => {
        const grades: Record<string, number[]> = {};
        for (const [kind, questions] of Object.entries(QUESTIONS)) {
          const found = (question: string) => search(system.baseUrl, admin.token, base, question, hybrid);
          grades[kind] = [];
          for (const asked of questions) grades[kind].push(ndcg(asked, await found(asked.question)));
        }
        return grades;
      };
      const [dense, hybrid] = [await graded(false), await graded(true)];
      const by_kind: Ranking['by_kind'] = {};
      for (const [kind, questions] of Object.entries(QUESTIONS)) {
        const of = { dense: dense[kind] ?? [], hybrid: hybrid[kind] ?? [] };
        by_kind[kind] = { questions: questions.length, dense: mean(of.dense), hybrid: mean(of.hybrid) };
        for (const [at, { question }] of questions.entries())
          if (of.dense[at] !== of.hybrid[at])
            log(`dense ${mean([of.dense[at] ?? 0])}, hybrid ${mean([of.hybrid[at] ?? 0])}: ${question}`);
      }
      const all = (grades: Record<string, number[]>) => mean(Object.values(grades).flat());
      return { dense: all(dense), hybrid: all(hybrid), embedder: embedder.model, by_kind };
    } finally {
      await system.stop();
    }
  } finally {
    await local?.process.stop();
  }
}

async function fill(library: Library, base: string): Promise<void> {
  const documents = Object.entries(DOCUMENTS).values();
  const uploader = async () => {
    for (const [name, text] of documents) {
      const document = { name: `${name}.txt`, type: 'text/plain', bytes: Buffer.from(text) };
      await library.completed(await library.upload(document, base));
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_A_TIME }, uploader));
}

/** Names of the found documents, the best first. */
async function search(baseUrl: string, token: string, base: string, query: string, hybrid: boolean): Promise<string[]> {
  const reply = await httpUntilAnswered<RouteReply<typeof routes.retrieval.queryCollection>>(
    'POST',
    baseUrl + routes.retrieval.queryCollection.path,
    {
      token,
      body: { collection_names: [base], query, k: HITS, r: 0, hybrid },
    },
  );
  if (reply.status !== 200) throw new Error(`a search answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  const names = (reply.body.metadatas[0] ?? []).map(({ name }) => String(name).replace(/\.txt$/, ''));
  return [...new Set(names)];
}

/** Normalised discounted cumulative gain of the first ten, with gains 2^grade − 1. */
function ndcg({ relevant }: LabelledQuestion, found: readonly string[]): number {
  const gain = (grades: readonly number[]) =>
    grades.slice(0, HITS).reduce((sum, grade, at) => sum + (2 ** grade - 1) / Math.log2(at + 2), 0);
  const ideal = Object.values(relevant).sort((one, other) => other - one);
  return gain(found.map((name) => relevant[name] ?? 0)) / gain(ideal);
}

const mean = (values: readonly number[]) =>
  Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3));

/** The model of `npm start`. Undefined, with a warning, if it cannot be downloaded. */
export async function startLocalEmbedder(
  log: (line: string) => void,
): Promise<{ url: string; process: ManagedProcess } | undefined> {
  const port = await freePort();
  const embedder = new ManagedProcess({
    name: 'embedder',
    command: process.execPath,
    args: [
      ...[join(ROOT, 'tools/local-embedder/dist/main.js'), '--port', String(port)],
      ...['--dir', join(ROOT, '.perennial/local-embedder')],
    ],
  });
  embedder.start();
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    http('GET', `${url}/v1/models`).then(
      ({ status }) => status === 200,
      () => false,
    );
  try {
    await waitFor(async () => !embedder.running || (await answers()), {
      timeoutMs: EMBEDDER_LIMIT_MS,
      intervalMs: 200,
      what: 'the local embedder to answer',
    });
    if (embedder.running) return { url, process: embedder };
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
  }
  log(
    'SKIPPED: the local embedder cannot be had here: the simulator takes its place, which knows words but no meaning',
  );
  await embedder.stop();
  return undefined;
}
