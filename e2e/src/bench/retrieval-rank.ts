import { setTimeout as sleep } from 'node:timers/promises';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { Library } from '../retrieval/library';
import { signUpAdmin } from '../support/accounts';
import { httpUntilAnswered } from '../support/http';
import { launchHybridSystem } from './hybrid-system';
import { type Half, LABELLED_SETS, type LabelledQuestion, type LabelledSet } from './labelled/labelled';

const HITS = 10;
const UPLOADS_AT_A_TIME = 4;
/** Longer than a process takes to see a change without its notice. */
const SETTINGS_MS = 2_000;

/** nDCG at 10 of the questions of one half of a set. */
export interface Graded {
  questions: number;
  dense: number;
  words: number;
  hybrid: number;
  /** Both, with a reranker; only if there is one. */
  reranked?: number;
}

/** A reranker as the wire's settings have it. */
export interface RerankerChoice {
  RAG_EXTERNAL_RERANKER_URL: string;
  RAG_EXTERNAL_RERANKER_API_KEY: string;
  RAG_RERANKING_MODEL: string;
}

/** By set and half: `german held-out`. */
export type Ranking = Record<string, Graded>;

/** A question and the distance of the nearest text in a set, which answers it or, being another set, does not. */
export interface Nearest {
  half: Half;
  isAnswerable: boolean;
  /** 0 … 1, as on the wire. */
  distance: number;
}

/** How a search is asked for. */
const MODES = { dense: { hybrid: false }, words: { hybrid: true, hybrid_bm25_weight: 1 }, hybrid: { hybrid: true } };
type Mode = keyof typeof MODES;
type Grades = Record<Mode, number> & { reranked?: number };

export interface RankOptions {
  env?: Record<string, string>;
  reranker?: RerankerChoice;
  /** Called for each question of each set, asked of each set. */
  onNearest?: (nearest: Nearest) => void;
}

/**
 * Adds the labelled documents to a running system, each set to a base of its own, and grades the results of the questions.
 *
 * @param options.env chooses the vector store
 * @param options.reranker orders the hits of both halves once more
 */
export async function rank(
  embedder: { url: string; model: string },
  log: (line: string) => void,
  { env = {}, reranker, onNearest }: RankOptions = {},
): Promise<Ranking> {
  const system = await launchHybridSystem(embedder, { ...env, RAG_RERANKING_ENGINE: '' });
  try {
    const admin = await signUpAdmin(system.baseUrl);
    const library = new Library(system.baseUrl, admin, '');
    const ranking: Ranking = {};
    for (const [name, { documents, questions }] of Object.entries(LABELLED_SETS)) {
      const base = await library.createBase(name);
      await fill(library, base, documents);
      const graded: { asked: LabelledQuestion; grades: Grades }[] = [];
      const grade = async ({ question, relevant }: LabelledQuestion, mode: Mode) =>
        ndcg(relevant, await search(system.baseUrl, admin.token, base, question, MODES[mode]));
      for (const asked of questions) {
        const grades = {
          dense: await grade(asked, 'dense'),
          words: await grade(asked, 'words'),
          hybrid: await grade(asked, 'hybrid'),
        };
        graded.push({ asked, grades });
        // A held-out question that is looked at is one no longer.
        if (asked.half === 'tuning' && grades.hybrid < Math.max(grades.dense, grades.words))
          log(
            `${JSON.stringify(grades, (_, value) => (typeof value === 'number' ? round(value) : value))} ${asked.question}`,
          );
      }
      if (reranker) {
        await configure(system.baseUrl, admin.token, {
          ...reranker,
          ...{ RAG_RERANKING_ENGINE: 'external', TOP_K_RERANKER: HITS },
        });
        for (const one of graded) one.grades.reranked = await grade(one.asked, 'hybrid');
        await configure(system.baseUrl, admin.token, { RAG_RERANKING_ENGINE: '' });
      }
      if (onNearest) {
        for (const [other, { questions: all }] of Object.entries(LABELLED_SETS)) {
          for (const { question, half } of all) {
            const distance = await nearest(system.baseUrl, admin.token, base, question);
            onNearest({ half, isAnswerable: other === name, distance });
          }
        }
      }
      for (const half of ['tuning', 'held-out'] as const) {
        const grades = graded.filter(({ asked }) => asked.half === half).map((one) => one.grades);
        const of = (mode: keyof Grades) => mean(grades.map((one) => one[mode] ?? 0));
        ranking[`${name} ${half}`] = {
          questions: grades.length,
          dense: of('dense'),
          words: of('words'),
          hybrid: of('hybrid'),
          ...(reranker ? { reranked: of('reranked') } : {}),
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

/** Changes settings, and waits until every process has them. */
async function configure(baseUrl: string, token: string, body: object): Promise<void> {
  const reply = await httpUntilAnswered('POST', baseUrl + routes.retrieval.updateConfig.path, { token, body });
  if (reply.status !== 200) throw new Error(`the settings answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  await sleep(SETTINGS_MS);
}

/** Names of the found documents, the best first. */
async function search(baseUrl: string, token: string, base: string, query: string, mode: object): Promise<string[]> {
  const { metadatas } = await ask(baseUrl, token, base, query, mode);
  const names = (metadatas[0] ?? []).map(({ name }) => String(name).replace(/\.txt$/, ''));
  return [...new Set(names)];
}

/** The distance of the nearest text. */
async function nearest(baseUrl: string, token: string, base: string, query: string): Promise<number> {
  const { distances } = await ask(baseUrl, token, base, query, { hybrid: false, k: 1 });
  return distances[0]?.[0] ?? 0;
}

async function ask(baseUrl: string, token: string, base: string, query: string, mode: object) {
  const reply = await httpUntilAnswered<RouteReply<typeof routes.retrieval.queryCollection>>(
    'POST',
    baseUrl + routes.retrieval.queryCollection.path,
    {
      token,
      body: { collection_names: [base], query, k: HITS, r: 0, ...mode },
    },
  );
  if (reply.status !== 200) throw new Error(`a search answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** Normalised discounted cumulative gain of the first ten, with gains 2^grade − 1. */
function ndcg(relevant: LabelledQuestion['relevant'], found: readonly string[]): number {
  const gain = (grades: readonly number[]) =>
    grades.slice(0, HITS).reduce((sum, grade, at) => sum + (2 ** grade - 1) / Math.log2(at + 2), 0);
  const ideal = Object.values(relevant).sort((one, other) => other - one);
  return gain(found.map((name) => relevant[name] ?? 0)) / gain(ideal);
}

const round = (value: number) => Number(value.toFixed(3));
const mean = (values: readonly number[]) => round(values.reduce((sum, value) => sum + value, 0) / values.length);

/** Of all questions. */
export function overall(ranking: Ranking): Record<Mode, number> {
  const graded = Object.values(ranking);
  const all = graded.reduce((sum, { questions }) => sum + questions, 0);
  const of = (mode: Mode) => round(graded.reduce((sum, one) => sum + one[mode] * one.questions, 0) / all);
  return { dense: of('dense'), words: of('words'), hybrid: of('hybrid') };
}
