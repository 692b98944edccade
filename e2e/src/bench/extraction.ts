import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { ROOT } from '@perennial/launcher';
import { judge, JUDGED_DOCUMENTS, type Judgement, type Passage } from '@perennial/testing/documents';
import { keepResult } from '@perennial/testing/servers';
import { Library } from '../retrieval/library';
import { signUpAdmin } from '../support/accounts';
import { httpUntilAnswered } from '../support/http';
import { launchHybridSystem, LOCAL_MODEL, startLocalEmbedder } from './hybrid-system';
import { startSimulatorProcess } from './simulator-process';

/**
 * bench:extraction: the documents with known answers (`libs/testing/judged`) are uploaded to the built system, once as they are and once as
 * `markitdown` converts them (where it is on the PATH: `pip install 'markitdown[all]'`), and their questions are asked of both. Printed: in how
 * many of the first five passages the answer is, and how many of these are cited where it stands.
 */

interface Contestant {
  /** Name of the upload, and its bytes. */
  upload(document: string): Promise<{ name: string; bytes: Uint8Array }>;
}

/** What a search says of a passage. */
interface Cited {
  name?: string;
  /** From 0. */
  page?: number;
  page_label?: string;
  headings?: string[];
}

const HITS = 5;
const run = promisify(execFile);
/** Beside the sources: this program is built. */
const fileOf = (name: string): string => join(ROOT, 'libs/testing/judged/documents', name);
const log = (line: string): void => console.log(line);

const contestants: Record<string, Contestant> = {
  perennial: { upload: async (name) => ({ name, bytes: await readFile(fileOf(name)) }) },
  markitdown: {
    upload: async (name) => {
      const { stdout } = await run('markitdown', [fileOf(name)], { maxBuffer: 64 * 1024 * 1024 });
      return { name: `${name}.md`, bytes: Buffer.from(stdout.trim()) };
    },
  },
};

const simulator = await startSimulatorProcess();
const local = await startLocalEmbedder(log);
const embedder = local ? { url: local.url, model: LOCAL_MODEL } : { url: simulator.url, model: 'sim-embed' };
const system = await launchHybridSystem(embedder);
try {
  const admin = await signUpAdmin(system.baseUrl);
  const library = new Library(system.baseUrl, admin, '');
  const results: Record<string, Record<string, Judgement>> = {};
  for (const [name, contestant] of Object.entries(contestants)) {
    if (name === 'markitdown' && !(await isThere())) {
      log('SKIPPED: markitdown is not on the PATH');
      continue;
    }
    const base = await library.createBase(name);
    await fill(library, base, contestant);
    const found = (question: string) => search(base, admin.token, question);
    results[name] = { tuning: await judge('tuning', found), 'held-out': await judge('held-out', found) };
  }
  const figures = Object.fromEntries(
    Object.entries(results).flatMap(([name, halves]) =>
      Object.entries(halves).map(([half, { questions, hit, cited }]) => [`${name} ${half}`, { questions, hit, cited }]),
    ),
  );
  console.table(figures);
  for (const { missed } of Object.values(results['perennial'] ?? {})) for (const miss of missed) log(miss);
  if (local && results['markitdown']) keepResult(ROOT, 'extraction', { embedder: embedder.model, figures });
} finally {
  await system.stop();
  await local?.process.stop();
  await simulator.process.stop();
}

async function isThere(): Promise<boolean> {
  return run('markitdown', ['--version']).then(
    () => true,
    () => false,
  );
}

/** A document that cannot be read is one without passages. */
async function fill(library: Library, base: string, contestant: Contestant): Promise<void> {
  for (const document of JUDGED_DOCUMENTS) {
    const { name, bytes } = await contestant.upload(document);
    if (bytes.length === 0) continue;
    await library
      .completed(await library.upload({ name, type: 'application/octet-stream', bytes }, base))
      .catch((error: unknown) => log(`${name}: ${error instanceof Error ? error.message : String(error)}`));
  }
}

async function search(base: string, token: string, query: string): Promise<Passage[]> {
  const reply = await httpUntilAnswered<RouteReply<typeof routes.retrieval.queryCollection>>(
    'POST',
    system.baseUrl + routes.retrieval.queryCollection.path,
    { token, body: { collection_names: [base], query, k: HITS, r: 0, hybrid: true } },
  );
  if (reply.status !== 200) throw new Error(`a search answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  const texts = reply.body.documents[0] ?? [];
  const metadata = reply.body.metadatas[0] ?? [];
  return texts.map((text, at) => {
    const { name, page, page_label, headings } = (metadata[at] ?? {}) as Cited;
    const number = page === undefined ? undefined : page + 1;
    const label = page_label === String(number) ? undefined : page_label;
    return { text, at: { document: String(name).replace(/\.md$/, ''), page: number, label, headings } };
  });
}
