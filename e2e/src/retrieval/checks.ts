import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '@perennial/launcher';
import { type Fact, factOf } from '@perennial/testing/documents';
import type { VectorStore } from '@perennial/vector-store';
import { type KnownDocument, textWith } from './documents';
import { type ChunkMark, type Ingestions, type Step, STEPS } from './ingestions';
import type { Citation, Library } from './library';
import { holdsExactly, type OpenStore, orphans } from './stores';

/** Context of the checks, on one store. */
export interface Scene {
  system: RunningSystem;
  store: OpenStore;
  vectors: VectorStore;
  library: Library;
  /** The same client with an administrator's rights. */
  admin: Library;
  ingestions: Ingestions;
  retrievals: number;
  log: (line: string) => void;
  /** Answers that were given without documents and requested again. */
  withoutDocuments: number;
  /** Reports a violation. */
  wrong: (what: string) => void;
}

const FACTS_ASKED = 12;
const MAX_WITHOUT_DOCUMENTS = 3;
const REMOVED_WITHIN_MS = 60_000;
const KILL_TIMEOUT_MS = 4_000;
/** Numbers of facts in notes begin here: no document of the library has them. */
let nextFact = 2_000;
const newNote = () => textWith(factOf((nextFact += 1)));

/**
 * The citations of an answer. On a machine that is too busy for the search to end in time the answer comes without documents, as documented;
 * that proves nothing about the results, so the question is repeated, rarely.
 */
async function citedFor(scene: Scene, question: string, base: string): Promise<Citation[]> {
  for (;;) {
    const citations = await scene.library.ask(question, base);
    if (citations.length > 0) return citations;
    scene.withoutDocuments += 1;
    if (scene.withoutDocuments > MAX_WITHOUT_DOCUMENTS) {
      scene.wrong(`nothing at all is cited for "${question}"`);
      return citations;
    }
    scene.log(`answered without documents: "${question}"`);
    await sleep(2_000);
  }
}

/**
 * Asks for facts of the documents: a cited chunk must contain each, on the right page.
 *
 * @returns how many were asked and how many were right
 */
export async function askAbout(scene: Scene, base: string, documents: readonly KnownDocument[]) {
  let asked = 0;
  let cited = 0;
  for (const { name, facts, paged } of documents) {
    const every = Math.max(1, Math.floor(facts.length / FACTS_ASKED));
    for (const fact of facts.filter((_, at) => at % every === 0)) {
      const citations = await citedFor(scene, fact.question, base);
      const right = citations.find(({ text, fileName }) => text.includes(fact.answer) && fileName === name);
      asked += 1;
      if (!right) scene.wrong(`${name}: no cited chunk holds "${fact.sentence}"`);
      else if (paged && right.page !== fact.page)
        scene.wrong(`${name}: "${fact.answer}" is cited on page ${right.page}, it stands on page ${fact.page}`);
      else cited += 1;
    }
  }
  return { asked, cited };
}

/**
 * Uploads documents and kills the workers that own them, at each step in turn, until `kills` of them are dead and all files are complete.
 */
export async function killWorkers(
  scene: Scene,
  base: string,
  kills: number,
  documents: readonly KnownDocument[],
  undisturbed: ReadonlyMap<string, ChunkMark[]>,
): Promise<number> {
  const { library, ingestions, system, log } = scene;
  const known = new Map<string, ChunkMark[] | undefined>();
  for (const document of documents) known.set(await library.upload(document, base), undisturbed.get(document.name));
  let dead = 0;
  for (let at = 0; dead < kills; at += 1) {
    const step = STEPS[at % STEPS.length] as Step;
    // New text, so that there is always something to embed.
    known.set(await library.upload(newNote(), base), undefined);
    const instance = await ingestions.ownerAt(step, [...known.keys()], KILL_TIMEOUT_MS);
    if (instance === undefined) continue;
    const number = Number(instance.slice(instance.lastIndexOf('-') + 1));
    for (let other = 1; other <= scene.retrievals; other += 1)
      if (other !== number) await system.ready('retrieval', other);
    await system.kill('retrieval', number);
    dead += 1;
    log(`kill -9 ${instance} at ${step}`);
  }
  for (const [fileId, chunks] of known) {
    await library.completed(fileId);
    if (chunks) sameChunks(scene, fileId, chunks, await ingestions.chunksOf(fileId));
    await expectStored(scene, fileId);
  }
  log(`${known.size} files are complete after ${dead} kills`);
  return known.size;
}

/** Deletes and replaces files during ingestion, at each step: deleted text is not found, the last version is. */
export async function changeUnderway(scene: Scene, base: string): Promise<void> {
  const { library, ingestions } = scene;
  for (const step of STEPS) {
    const gone = newNote();
    const goneId = await library.upload(gone, base);
    await ingestions.reached(goneId, STEPS.slice(STEPS.indexOf(step)));
    await library.remove(goneId);

    const before = newNote();
    const after = newNote();
    const changedId = await library.upload(before, base);
    await ingestions.reached(changedId, STEPS.slice(STEPS.indexOf(step)));
    await library.replaceText(changedId, after.content);
    await library.completed(changedId);

    await expectFound(scene, base, factIn(after), true, `replaced at ${step}`);
    await expectFound(scene, base, factIn(before), false, `replaced at ${step}`);
    await expectFound(scene, base, factIn(gone), false, `deleted at ${step}`);
    await expectGone(scene, goneId);
    await expectStored(scene, changedId, 2);
  }
}

/** Takes the store away for a while during which files are uploaded: they wait, answers report it, and nothing is lost. */
export async function storeAway(scene: Scene, base: string, awayMs: number): Promise<void> {
  const { library, store, log } = scene;
  if (!store.server) return;
  const loaded = [newNote(), newNote()];
  const ids = await Promise.all(loaded.map((note) => library.upload(note, base)));
  await store.server.kill();
  log('the store is killed');
  const back = sleep(awayMs);
  const late = [newNote(), newNote(), newNote()];
  for (const note of late) ids.push(await library.upload(note, base));
  const citations = await library.ask('What is the access word?', base);
  if (citations.length > 0) scene.wrong('an answer cites documents of a store that is away');
  await back;
  await store.server.start();
  log('the store is back');
  for (const id of ids) await library.completed(id);
  for (const note of [...loaded, ...late])
    await expectFound(scene, base, factIn(note), true, 'uploaded around the outage');
}

/** Changes the embedding model during continuous searches: each is answered from a complete index. */
export async function changeModel(scene: Scene, base: string, model: string, facts: readonly Fact[]): Promise<number> {
  const { admin, ingestions, log } = scene;
  const former = await ingestions.activeCollection();
  await admin.changeModel(model);
  let searches = 0;
  while ((await admin.activeModel()) !== model) {
    const fact = facts[searches % facts.length] as Fact;
    await expectFound(scene, base, fact, true, `asked while the model changes (${searches})`);
    searches += 1;
  }
  if ((await ingestions.activeCollection()) === former) scene.wrong('another model answers from the former collection');
  for (const fact of facts) await expectFound(scene, base, fact, true, 'asked after the model changed');
  log(`${searches} searches while the model changed`);
  return searches;
}

/** Removals run after a deletion; when they are done no store has leftovers. */
export async function expectNoOrphans({ store, system, log, wrong }: Scene): Promise<void> {
  const deadline = Date.now() + REMOVED_WITHIN_MS;
  for (;;) {
    const left = await orphans(store, system);
    if (Object.values(left).every((count) => count === 0)) return log('nothing is left over in the stores');
    if (Date.now() > deadline) return wrong(`left over in the stores: ${JSON.stringify(left)}`);
    await sleep(2_000);
  }
}

/** The file's points are exactly those of its chunks, in each scope, once the replaced ones are removed. */
export async function expectStored(scene: Scene, fileId: string, generation = 1): Promise<void> {
  const { ingestions, vectors } = scene;
  const chunks = await ingestions.chunksOf(fileId);
  const collection = await ingestions.activeCollection();
  for (const scope of await ingestions.scopesOf(fileId)) {
    const isExact = () => holdsExactly(vectors, collection, { scope, fileId, generation }, chunks);
    const deadline = Date.now() + REMOVED_WITHIN_MS;
    while (!(await isExact()) && Date.now() < deadline) await sleep(250);
    if (!(await isExact()))
      scene.wrong(`the store does not hold exactly the ${chunks.length} chunks of file ${fileId}`);
  }
}

function sameChunks(scene: Scene, fileId: string, wanted: readonly ChunkMark[], found: readonly ChunkMark[]): void {
  if (JSON.stringify(wanted) !== JSON.stringify(found))
    scene.wrong(`file ${fileId} has other chunks than in an undisturbed run (${found.length}, not ${wanted.length})`);
}

async function expectFound(scene: Scene, base: string, fact: Fact, wanted: boolean, when: string): Promise<void> {
  const citations = await citedFor(scene, fact.question, base);
  const found = citations.some(({ text }) => text.includes(fact.answer));
  if (found !== wanted) scene.wrong(`"${fact.answer}" is ${found ? 'still' : 'not'} found: ${when}`);
}

/** Removals run after the deletion. */
async function expectGone(scene: Scene, fileId: string): Promise<void> {
  const deadline = Date.now() + REMOVED_WITHIN_MS;
  while ((await scene.ingestions.remains(fileId)) > 0) {
    if (Date.now() > deadline) return scene.wrong(`rows of the deleted file ${fileId} are left`);
    await sleep(200);
  }
}

const factIn = (note: { name: string }): Fact => factOf(Number(/\d+/.exec(note.name)?.[0]));
