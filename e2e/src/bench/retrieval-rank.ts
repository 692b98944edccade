import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { Library } from '../retrieval/library';
import { signUpAdmin } from '../support/accounts';
import { httpUntilAnswered } from '../support/http';
import { launchHybridSystem } from './hybrid-system';
import { LABELLED_SETS, type LabelledQuestion, type LabelledSet } from './labelled/labelled';

const HITS = 10;
const UPLOADS_AT_A_TIME = 4;

/** nDCG at 10 of the questions of one half of a set. */
export interface Graded {
  questions: number;
  dense: number;
  words: number;
  hybrid: number;
}

/** By set and half: `german held-out`. */
export type Ranking = Record<string, Graded>;

/** How a search is asked for. */
const MODES = { dense: { hybrid: false }, words: { hybrid: true, hybrid_bm25_weight: 1 }, hybrid: { hybrid: true } };
type Mode = keyof typeof MODES;

/**
 * Adds the labelled documents to a running system, each set to a base of its own, and grades the results of the questions.
 *
 * @param env chooses the vector store
 */
export async function rank(
  embedder: { url: string; model: string },
  log: (line: string) => void,
  env: Record<string, string> = {},
): Promise<Ranking> {
  const system = await launchHybridSystem(embedder, env);
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const library = new Library(system.baseUrl, admin, '');
    const ranking: Ranking = {};
    for (const [name, { documents, questions }] of Object.entries(LABELLED_SETS)) {
      const base = await library.createBase(name);
      await fill(library, base, documents);
      const graded: { asked: LabelledQuestion; grades: Record<Mode, number> }[] = [];
      for (const asked of questions) {
        const grade = async (mode: Mode) =>
          ndcg(asked, await search(system.baseUrl, admin.token, base, asked.question, MODES[mode]));
        const grades = { dense: await grade('dense'), words: await grade('words'), hybrid: await grade('hybrid') };
        graded.push({ asked, grades });
        // A held-out question that is looked at is one no longer.
        if (asked.half === 'tuning' && grades.hybrid < Math.max(grades.dense, grades.words))
          log(
            `${JSON.stringify(grades, (_, value) => (typeof value === 'number' ? round(value) : value))} ${asked.question}`,
          );
      }
      for (const half of ['tuning', 'held-out'] as const) {
        const grades = graded.filter(({ asked }) => asked.half === half).map((one) => one.grades);
        const of = (mode: Mode) => mean(grades.map((one) => one[mode]));
        ranking[`${name} ${half}`] = {
          questions: grades.length,
          dense: of('dense'),
          words: of('words'),
          hybrid: of('hybrid'),
        };
      }
    }
    return ranking;
  } finally {
    await system.stop();
  }
}

async function fill(library: Library, base: string, documents: LabelledSet['documents']): Promise<void> {
  const left = Object.entries(documents).values();
  const uploader = async () => {
    for (const [name, text] of left) {
      const document = { name: `${name}.txt`, type: 'text/plain', bytes: Buffer.from(text) };
      await library.completed(await library.upload(document, base));
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_A_TIME }, uploader));
}

/** Names of the found documents, the best first. */
async function search(baseUrl: string, token: string, base: string, query: string, mode: object): Promise<string[]> {
  const reply = await httpUntilAnswered<RouteReply<typeof routes.retrieval.queryCollection>>(
    'POST',
    baseUrl + routes.retrieval.queryCollection.path,
    {
      token,
      body: { collection_names: [base], query, k: HITS, r: 0, ...mode },
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

const round = (value: number) => Number(value.toFixed(3));
const mean = (values: readonly number[]) => round(values.reduce((sum, value) => sum + value, 0) / values.length);

/** Of all questions. */
export function overall(ranking: Ranking): Omit<Graded, 'questions'> {
  const graded = Object.values(ranking);
  const all = graded.reduce((sum, { questions }) => sum + questions, 0);
  const of = (mode: Mode) => round(graded.reduce((sum, one) => sum + one[mode] * one.questions, 0) / all);
  return { dense: of('dense'), words: of('words'), hybrid: of('hybrid') };
}
