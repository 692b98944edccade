import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { Library } from '../retrieval/library';
import { signUpAdmin } from '../support/accounts';
import { httpUntilAnswered } from '../support/http';
import { launchHybridSystem, LOCAL_MODEL, startLocalEmbedder } from './hybrid-system';
import { DOCUMENTS, type LabelledQuestion, QUESTIONS } from './retrieval-labelled';

const HITS = 10;
const UPLOADS_AT_A_TIME = 4;

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
    const system = await launchHybridSystem(embedder);
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
