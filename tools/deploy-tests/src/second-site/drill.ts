import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import { type Account, addUsers, signUpAdmin } from '@perennial/e2e/support/accounts';
import { doneAnswer } from '@perennial/e2e/support/answers';
import { http } from '@perennial/e2e/support/http';
import { Owners } from '@perennial/e2e/support/owners';
import { newTurn, sendTurn, type SentTurn } from '@perennial/e2e/support/turn';
import { startSimulator } from '@perennial/provider-simulator';
import { type PostgresCluster, startPostgresCluster, waitFor } from '@perennial/testing/servers';
import { type Acknowledged, type AcknowledgedFile, compare, People } from './people';
import { killSite, type Site, startMirror, startSite, stopSite } from './site';

export interface DrillOptions {
  people: number;
  /** How long they work at the first site before it dies. */
  workMs: number;
  /** Answers that are being written when it dies. */
  answers: number;
  /** Pause of the mirror of files between two passes. */
  mirrorS: number;
  /** The first site comes back as the standby and takes over again, planned. */
  back: boolean;
}

/** Losses of one switch: things that were acknowledged at the site before, and how long before its end the oldest of them was. */
interface Loss {
  acknowledged: number;
  lost: number;
  seconds: number;
}

export interface DrillFigures {
  chats: Loss;
  files: Loss;
  /** Files whose row arrived, and whose bytes did not. */
  contents: Loss & { bytes: number };
  /** Answers that were being written: how they ended at the second site. */
  answers: { completed: number; failed: number; not_replicated: number };
  /** From the death of the first site to a request of an old session that is answered, and to a new answer that is complete. */
  rto_request_s: number;
  rto_answer_s: number;
  /** From the death to a search that finds a document in the index that was made again. */
  rto_search_s: number;
  /** Losses when the sites are changed back with the services stopped. */
  back?: { lost: number; seconds: number };
  /** Whatever must never happen. */
  wrong: string[];
}

const MODEL = 'sim-t200-r30-x';
const SHORT_MODEL = 'sim-t5-r100-x';
const SETTLE_MS = 60_000;
const SEARCH_MS = 60_000;

/** Two sites, one of which dies as a whole: what the other one has, and how soon it works. */
export async function drill(options: DrillOptions, log: (line: string) => void): Promise<DrillFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-sites-'));
  const simulator = await startSimulator({ port: 0, models: [MODEL, SHORT_MODEL] });
  const postgres = await startPostgresCluster({ standbys: 1, database: 'perennial' });
  const env = {
    SECRET_KEY: randomBytes(32).toString('hex'),
    OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
    OPENAI_API_KEYS: 'simulated',
    RAG_EMBEDDING_ENGINE: 'openai',
    RAG_EMBEDDING_MODEL: 'sim-embed',
    RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
    RAG_OPENAI_API_KEY: 'simulated',
    RECONCILE_INTERVAL_SECONDS: '2',
  };
  const dataDirs = { first: join(dir, 'first'), second: join(dir, 'second') };
  const start = (name: 'first' | 'second') =>
    startSite({ databaseUrl: postgres.primary.urlOf('perennial'), dataDir: dataDirs[name], env });
  const cleanUps: (() => unknown)[] = [
    () => rm(dir, { recursive: true, force: true }),
    () => postgres.stop(),
    () => simulator.close(),
  ];
  try {
    const first = await start('first');
    cleanUps.push(() => stopSite(first));
    const mirror = startMirror(first, { STORAGE_PROVIDER: 'local', DATA_DIR: dataDirs.second }, dir, options.mirrorS);
    cleanUps.push(() => mirror.kill('SIGKILL'));
    const { baseUrl } = first.system;
    const admin = await signUpAdmin(baseUrl);
    const users = await addUsers(baseUrl, admin, options.people);
    const people = new People(baseUrl, users);
    people.begin();
    const document = await waitFor(() => people.files[0], { what: 'a first document' });
    await sleep(options.workMs);
    await makeOld(postgres, document.id);
    const writer = users[0]!;
    const sent = await Promise.all(
      Array.from({ length: options.answers }, (_, n) => sendTurn(baseUrl, writer, newTurn(MODEL, `answer ${n}`, 's'))),
    );
    await sleep(1_000);

    const died = Date.now();
    const since = () => Math.round((Date.now() - died) / 100) / 10;
    const [former] = await Promise.all([postgres.killPrimary(), killSite(first), mirror.kill('SIGKILL')]);
    await people.end();
    log(`the first site is dead; ${people.chats.length} chats and ${people.files.length} files were acknowledged`);
    await postgres.promote();
    const second = await start('second');
    cleanUps.push(() => stopSite(second));
    const figures = await judge({ site: second, people, document, sent, writer, died, since });
    const after = await again({ site: second, account: writer, since });
    log(`the second site answers requests ${figures.rto_request_s} s after the death, and writes answers`);
    const result: DrillFigures = { ...figures, ...after };
    if (options.back) {
      const mirrorBack = startMirror(second, first.files, dir, options.mirrorS);
      cleanUps.push(() => mirrorBack.kill('SIGKILL'));
      await postgres.rejoin(former);
      const more = new People(second.system.baseUrl, users);
      more.begin();
      await sleep(options.workMs);
      await more.end();
      // Planned: nothing is written any more, and what was has arrived.
      await second.system.stop();
      await sleep(2_000 * options.mirrorS);
      mirrorBack.kill('SIGKILL');
      const stopped = Date.now();
      await postgres.killPrimary();
      await postgres.promote();
      const returned = await start('first');
      cleanUps.push(() => stopSite(returned));
      const lost = await compare(returned.system.baseUrl, more);
      result.back = {
        lost: lost.chats.length + lost.files.length + lost.contents.length,
        seconds: Math.round((Date.now() - stopped) / 100) / 10,
      };
      result.wrong.push(...lost.wrong);
    }
    return result;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

/** As if it had been uploaded long ago: what changed within the last minute is left to its worker, also by the second site. */
async function makeOld(postgres: PostgresCluster, fileId: string): Promise<void> {
  const run = (text: string) => postgres.run(postgres.primary, text);
  const isCompleted = `SELECT 1 FROM retrieval.files WHERE id = '${fileId}' AND state = 'completed'`;
  await waitFor(async () => (await run(isCompleted)).length > 0, { what: 'the document', timeoutMs: SETTLE_MS });
  await run(`UPDATE retrieval.files SET updated_at = now() - interval '1 hour' WHERE id = '${fileId}'`);
  await run(`UPDATE retrieval.placements SET created_at = now() - interval '1 hour' WHERE file_id = '${fileId}'`);
}

interface Judging {
  site: Site;
  people: People;
  /** Old enough to be indexed again by the second site itself. */
  document: AcknowledgedFile;
  sent: readonly SentTurn[];
  writer: Account;
  died: number;
  since: () => number;
}

async function judge({ site, people, document, sent, writer, died, since }: Judging) {
  const { baseUrl } = site.system;
  await waitFor(
    async () => (await http('GET', baseUrl + routes.auths.session.path, { token: writer.token })).status === 200,
    { what: 'a session of the first site to be served', timeoutMs: SETTLE_MS },
  );
  const rto_request_s = since();
  const lost = await compare(baseUrl, people);
  const owners = new Owners(() => site.system.postgresUrl);
  const wrong = [...lost.wrong];
  const answers = { completed: 0, failed: 0, not_replicated: 0 };
  try {
    await waitFor(async () => (await owners.unfinished()) === 0, {
      what: 'all answers that were under way to end',
      timeoutMs: SETTLE_MS,
    });
    for (const { runId } of sent) {
      const { state } = await owners.outcomeOf(runId);
      if (state === 'completed' || state === 'failed') answers[state] += 1;
      else if (state === 'missing') answers.not_replicated += 1;
      else wrong.push(`the answer ${runId} is ${state}`);
    }
  } finally {
    await owners.close();
  }
  const loss = (all: readonly Acknowledged[], some: readonly Acknowledged[]): Loss => {
    const oldest = Math.min(...some.map(({ at }) => at));
    return {
      acknowledged: all.length,
      lost: some.length,
      seconds: some.length === 0 ? 0 : Math.round((died - oldest) / 10) / 100,
    };
  };
  const bytes = lost.contents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const rto_search_s = await searchable(baseUrl, document, since);
  return {
    chats: loss(people.chats, lost.chats),
    files: loss(people.files, lost.files),
    contents: { ...loss(people.files, lost.contents), bytes },
    answers,
    rto_request_s,
    rto_search_s,
    wrong,
  };
}

/** Waits until the document of the first site is found at this one. */
async function searchable(
  baseUrl: string,
  { account, id, text }: AcknowledgedFile,
  since: () => number,
): Promise<number> {
  const body = { collection_name: `file-${id}`, query: 'access word', k: 1 };
  const url = baseUrl + routes.retrieval.queryDoc.path;
  await waitFor(
    async () => {
      const reply = await http<{ documents?: string[][] }>('POST', url, { token: account.token, body });
      return reply.status === 200 && reply.body.documents?.flat().includes(text);
    },
    { what: 'a document of the first site to be found', timeoutMs: SEARCH_MS },
  );
  return since();
}

/** A new turn is accepted and answered. */
async function again({ site, account, since }: { site: Site; account: Account; since: () => number }) {
  const { baseUrl } = site.system;
  await doneAnswer(baseUrl, account, await sendTurn(baseUrl, account, newTurn(SHORT_MODEL, 'at the second site', 's')));
  return { rto_answer_s: since() };
}
