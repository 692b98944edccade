import { randomUUID } from 'node:crypto';
import { chats, completions, runs as runCalls } from '@perennial/contracts-chat';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { expectedText } from '@perennial/provider-simulator';
import { type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import type { UserEvent } from '@perennial/transport';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { Proxy } from './proxy';
import { type RetrievalAnswers, startRetrievalDouble } from './retrieval-double';
import { newUser, type Turn, type World } from './world';

const TIMEOUT_MS = 1_500;

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, retrieval, the provider. */
describe('documents in a turn', () => {
  let world: World;
  let retrieval: RetrievalAnswers;
  inWorld(async (started) => {
    world = started;
    retrieval = await startRetrievalDouble(world.stores.redisUrl, world.prefix);
    await world.chat('api');
  });
  afterAll(() => retrieval?.close());
  beforeEach(async () => {
    if (!shared?.running) await world.endProcesses('worker');
    Object.assign(retrieval, { refusal: undefined, silence: undefined, searches: [], calls: 0, inSystem: false });
    Object.assign(world.answers, { taskModel: null, queryGeneration: true, queryPrompt: '', knowledge: [] });
    world.simulator.reset();
  });

  /** No search is answered until the test ends. */
  let speak: (() => void) | undefined;
  function fallSilent(): void {
    retrieval.silence = new Promise((resolve) => (speak = resolve));
  }
  afterEach(() => speak?.());

  /** One worker for the tests that neither end it nor change config's answers, which it would not ask for again at once. */
  let shared: ManagedProcess | undefined;
  const worker = async (): Promise<void> => {
    if (!shared?.running) shared = await ownWorker();
  };
  /** A worker of the test's own, instead of all others. The next test begins without it. */
  const ownWorker = async (env: Record<string, string> = {}): Promise<ManagedProcess> => {
    await world.endProcesses('worker');
    return world.chat('worker', { DOCUMENTS_TIMEOUT_MS: String(TIMEOUT_MS), ...env });
  };
  const file = (id: string) => ({ type: 'file', id, name: 'as the client calls it', file: { id } });

  function document(user: UserPrincipal, name = 'plan.pdf', texts = ['The launch is on 3 May.']): string {
    const id = randomUUID();
    retrieval.documents.set(id, { owner: user.userId, name, texts });
    return id;
  }

  async function eventsOf(user: UserPrincipal): Promise<UserEvent[]> {
    const events: UserEvent[] = [];
    world.subscriber.followUser(
      user.userId,
      () => undefined,
      (event) => events.push(event),
    );
    await sleep(1_200);
    return events;
  }

  /** The model's answer to exactly this prompt. */
  const answerTo = (turn: Pick<Turn, 'model'>, prompt: string) =>
    expectedText(turn.model, prompt, Number(/-t(\d+)/.exec(turn.model)?.[1] ?? 60));
  const promptWith = (sources: string, question: string) => `Answer from:\n${sources}\nQuestion: ${question}`;
  const LAUNCH = '<source id="1" name="plan.pdf">The launch is on 3 May.</source>';

  it('that a placement keeps from the user fail the answer with that reason, instead of leaving them out', async () => {
    await worker();
    const user = { ...newUser(), placement: 'eu' };
    const message = 'This knowledge base is kept elsewhere.';
    retrieval.refusal = new CallError('FAILED_PRECONDITION', message, { reason: 'placement' });
    const turn = await world.ask({ user, model: 'sim-t20-r100-x', attached: [file(document(user))] });
    const end = await (await world.follow(turn.runId)).ended();
    expect(end).toMatchObject({ terminal: { state: 'failed', error: { code: 'FAILED_PRECONDITION', message } } });
    expect(retrieval.searches[0]?.principal.placement).toBe('eu');
  });

  it('are searched with the task model’s queries, added to the prompt, cited and stored', async () => {
    await worker();
    const user = newUser();
    const events = await eventsOf(user);
    const id = document(user);
    const turn = await world.ask({ user, model: 'sim-t20-r100-x', attached: [file(id)] });
    const reader = await world.follow(turn.runId);
    await reader.ended();
    expect(reader.text).toBe(answerTo(turn, promptWith(LAUNCH, turn.prompt)));
    expect(retrieval.searches).toEqual([
      {
        request: { queries: ['simulated query'], items: [{ type: 'file', id, full: false }] },
        principal: expect.objectContaining({ userId: user.userId }) as unknown,
      },
    ]);
    const source = {
      source: { type: 'file', id, name: 'plan.pdf' },
      document: ['The launch is on 3 May.'],
      metadata: [expect.objectContaining({ source: 'plan.pdf', file_id: id, page: 0 })],
      distances: [0.9],
    };
    const statuses = [
      { action: 'queries_generated', queries: ['simulated query'], done: false },
      { action: 'sources_retrieved', count: 1, done: true },
    ];
    const chat = await world.rpc.call(chats.get, { chatId: turn.chatId }, { principal: user });
    expect(chat.chat.history?.messages[turn.messageId]).toMatchObject({ sources: [source], statusHistory: statuses });
    await waitFor(() =>
      events.some(({ data }) => data.type === 'chat:active' && !(data.data as { active: boolean }).active),
    );
    const told = events.filter(({ data }) => ['status', 'chat:completion'].includes(data.type));
    expect(told.map(({ data }) => data)).toEqual([
      ...statuses.map((data) => ({ type: 'status', data })),
      { type: 'chat:completion', data: { sources: [source] } },
      // Sent again before the end, because the first event may be lost.
      { type: 'chat:completion', data: { sources: [source] } },
    ]);
    expect(told.every((event) => event.chat_id === turn.chatId && event.message_id === turn.messageId)).toBe(true);
    // The results are stored with the message now.
    expect((await world.row(turn.runId)) as unknown).toMatchObject({ documents: null });
  });

  it('of the request, the chat, the model and earlier messages are all searched, each once', async () => {
    await ownWorker();
    const user = newUser();
    const [attached, named, ofChat, ofModel] = [document(user), document(user), document(user), document(user)];
    world.answers.knowledge = [{ type: 'collection', id: ofModel, full: false }];
    const first = await world.ask({ user, model: 'sim-t5-r100-x', attached: [file(attached)] });
    await (await world.follow(first.runId)).ended();
    await world.rpc.call(
      chats.update,
      {
        chatId: first.chatId,
        chat: {
          files: [
            { ...file(ofChat), context: 'full' },
            { type: 'image', url: 'data:' },
          ],
        },
      },
      { principal: user },
    );
    const next = await world.ask({
      user,
      model: 'sim-t5-r100-x',
      chatId: first.chatId,
      parentId: first.messageId,
      files: [file(named), file(attached), { type: 'web_search', id: 'x' }],
    });
    await (await world.follow(next.runId)).ended();
    expect(retrieval.searches.at(-1)?.request.items).toEqual([
      { type: 'file', id: named, full: false },
      { type: 'file', id: attached, full: false },
      { type: 'file', id: ofChat, full: true },
      { type: 'collection', id: ofModel, full: false },
    ]);
  });

  it('cost nothing in a turn without any: no call, no column, no event', async () => {
    await worker();
    const turn = await world.ask({ model: 'sim-t5-r100-x' });
    await world.complete(turn, await world.follow(turn.runId));
    expect(retrieval.calls).toBe(0);
    expect((await world.message(turn)).extra).toEqual({});
    expect(world.simulator.stats().nonstream).toBe(0);
  });

  it('of another user are refused with the message, and not read', async () => {
    await worker();
    const [user, other] = [newUser(), newUser()];
    const id = document(other);
    const ask = (type: string) => world.ask({ user, attached: [{ type, id }] });
    await expect(ask('file')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `There is no such file (${id}), or it is not yours. Take it off the message and send it again.`,
    });
    await expect(ask('collection')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const body = { messages: [{ role: 'user', content: 'What does it say?' }], files: [{ type: 'file', id }] };
    await expect(
      world.rpc.call(completions.accept, { modelId: 'sim', body, bodyHash: 'h' }, { principal: user }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(retrieval.searches).toEqual([]);
    // Attached to the chat it is ignored: chats outlive their files.
    const turn = await world.ask({ user, model: 'sim-t5-r100-x', files: [{ type: 'file', id }] });
    await world.complete(turn, await world.follow(turn.runId));
    expect((await world.message(turn)).extra).toMatchObject({ statusHistory: [{}, { count: 0, done: true }] });
    expect((await world.message(turn)).extra).not.toHaveProperty('sources');
  });

  it('are searched with the user’s own words if the task model fails, is slow, answers nonsense or must not be called', async () => {
    await ownWorker();
    const user = newUser();
    const id = document(user);
    const ask = async (change: Partial<World['answers']>): Promise<void> => {
      Object.assign(world.answers, { taskModel: null, queryPrompt: '' }, change);
      world.answers.version += 1;
      await sleep(1_100);
      const turn = await world.ask({ user, model: 'sim-t5-r100-x', attached: [file(id)] });
      const reader = await world.follow(turn.runId);
      await reader.ended();
      expect(reader.text).toBe(answerTo(turn, promptWith(LAUNCH, turn.prompt)));
      expect(retrieval.searches.at(-1)?.request.queries).toEqual([turn.prompt]);
    };
    await ask({ taskModel: 'sim-e500' });
    await ask({ taskModel: 'sim-d60000' });
    await ask({ queryPrompt: 'Say anything about {{MESSAGES:END:2}}' });
    expect(world.simulator.stats().nonstream_kinds).toEqual({ queries: 1, plain: 1 });
    await ask({ queryGeneration: false });
    expect(world.simulator.stats().nonstream).toBe(2);
  }, 40_000);

  it.each([
    ['their store is down', () => (retrieval.refusal = refusal('vector_store')), /their store does not answer/],
    ['nothing embeds', () => (retrieval.refusal = refusal('embedder')), /embedding model does not answer/],
    ['retrieval is slow', fallSilent, /cannot be searched now/],
  ])('are left out with a note when %s, and the answer continues', async (_, happen, said) => {
    await worker();
    happen();
    const turn = await world.ask({ model: 'sim-t10-r100-x', files: [file(randomUUID())] });
    await world.complete(turn, await world.follow(turn.runId));
    expect((await world.message(turn)).extra).toEqual({
      statusHistory: [
        expect.objectContaining({ action: 'queries_generated' }),
        { action: 'documents_unavailable', description: expect.stringMatching(said) as string, done: true },
      ],
    });
  });

  it('are left out within a second when no replica of retrieval is there, and used again when one is', async () => {
    // The first turn would wait for this, and its accept for 1.5 s.
    await ownWorker({ DOCUMENTS_TIMEOUT_MS: '20000' });
    const user = newUser();
    const id = document(user);
    await retrieval.close();
    try {
      const askedAt = performance.now();
      const turn = await world.ask({ user, model: 'sim-t5-r1000-x', attached: [file(id)] });
      await (await world.follow(turn.runId)).ended();
      // The wait is 0.75 s; the rest is a busy machine.
      expect(performance.now() - askedAt).toBeLessThan(2_500);
      expect((await world.message(turn)).extra.statusHistory).toContainEqual({
        action: 'documents_unavailable',
        description: expect.stringMatching(/service that searches them is not running/) as string,
        done: true,
      });
    } finally {
      const { documents } = retrieval;
      retrieval = await startRetrievalDouble(world.stores.redisUrl, world.prefix);
      retrieval.documents = documents;
    }
    const next = await world.ask({ user, model: 'sim-t5-r1000-x', attached: [file(id)] });
    const reader = await world.follow(next.runId);
    await reader.ended();
    expect(reader.text).toBe(answerTo(next, promptWith(LAUNCH, next.prompt)));
  });

  it('are searched once if the worker is killed between the search and the provider’s first word', async () => {
    const user = newUser();
    const id = document(user);
    await ownWorker();
    const turn = await world.ask({ user, model: 'sim-t20-r100-d2500-x', attached: [file(id)] });
    const reader = await world.follow(turn.runId);
    const before = await world.ownerOf(turn.runId);
    await world.until(
      turn.runId,
      (row) => (row as unknown as { documents: unknown }).documents !== null,
      'the sources',
    );
    await before.kill();
    // The file's new text differs from the one that the answer cites.
    retrieval.documents.get(id)!.texts = ['The launch is on 4 June.'];
    await ownWorker();
    await reader.ended(40_000);
    expect(reader.text).toBe(answerTo(turn, promptWith(LAUNCH, turn.prompt)));
    expect((await world.row(turn.runId)).epoch).toBe(2);
    expect(retrieval.searches.length).toBe(1);
    expect((await world.message(turn)).extra.sources).toMatchObject([{ document: ['The launch is on 3 May.'] }]);
  });

  it('keep their numbers when a worker dies during the answer and another continues it', async () => {
    const user = newUser();
    const ids = [document(user, 'b.md', ['Bee']), document(user, 'a.md', ['Ant', 'Ape'])];
    await ownWorker();
    const turn = await world.ask({ user, model: 'sim-t90-r60-x', attached: ids.map(file) });
    const reader = await world.follow(turn.runId);
    await reader.has(100);
    await (await world.ownerOf(turn.runId)).kill();
    retrieval.documents.clear();
    await ownWorker();
    await reader.ended(40_000);
    expect(reader.faults).toEqual([]);
    const sources =
      '<source id="1" name="b.md">Bee</source>\n<source id="2" name="a.md">Ant</source>\n<source id="2" name="a.md">Ape</source>';
    expect(reader.text).toBe(answerTo(turn, promptWith(sources, turn.prompt)));
    expect(retrieval.searches.length).toBe(1);
    expect(world.calls(promptWith(sources, turn.prompt))).toBe(2);
  });

  it('are searched with new queries when the worker is killed while it generates them', async () => {
    const user = newUser();
    const id = document(user);
    world.answers.taskModel = 'sim-d1200';
    await ownWorker();
    const turn = await world.ask({ user, model: 'sim-t20-r100-x', attached: [file(id)] });
    const reader = await world.follow(turn.runId);
    await waitFor(() => world.simulator.stats().nonstream === 1, { what: 'the question to the task model' });
    await (await world.ownerOf(turn.runId)).kill();
    expect(retrieval.searches).toEqual([]);
    await ownWorker();
    await reader.ended(40_000);
    expect(reader.text).toBe(answerTo(turn, promptWith(LAUNCH, turn.prompt)));
    expect(retrieval.searches.length).toBe(1);
    expect((await world.message(turn)).extra.statusHistory).toHaveLength(2);
  });

  it('are stored even if Postgres disconnects meanwhile', async () => {
    const proxy = await Proxy.start(world.stores.databaseUrl);
    proxy.rule = {
      judge: (piece) => (proxy.broken < 2 && piece.includes('SET documents = $4') ? 'lose-reply' : 'pass'),
    };
    const user = newUser();
    const id = document(user);
    await ownWorker({ DATABASE_URL: proxy.url });
    const turn = await world.ask({ user, model: 'sim-t20-r100-x', attached: [file(id)] });
    const reader = await world.follow(turn.runId);
    await reader.ended();
    expect(proxy.broken).toBe(2);
    expect(reader.text).toBe(answerTo(turn, promptWith(LAUNCH, turn.prompt)));
    expect((await world.message(turn)).extra).toMatchObject({ sources: [{ source: { id } }] });
    await world.endProcesses('worker');
    await proxy.stop();
  });

  it('do not delay a stop', async () => {
    const user = newUser();
    const id = document(user);
    fallSilent();
    // The search may take longer than the test waits for the stop.
    await ownWorker({ DOCUMENTS_TIMEOUT_MS: '60000' });
    const turn = await world.ask({ user, attached: [file(id)] });
    const reader = await world.follow(turn.runId);
    await waitFor(() => retrieval.searches.length === 1, { what: 'the search' });
    await world.cancel({ runId: turn.runId }, user);
    expect((await reader.ended()).terminal.state).toBe('cancelled');
  });

  it('are used in an SDK’s completion too, with the sources before its text, in the system message if the admin chose so', async () => {
    await worker();
    const user = newUser();
    const id = document(user);
    retrieval.inSystem = true;
    const content = `Prompt ${randomUUID()}`;
    const body = { messages: [{ role: 'user', content }], files: [{ type: 'file', id, context: 'full' }] };
    const request = { modelId: 'sim-t5-r100-x', body, bodyHash: 'h', idempotencyKey: randomUUID() };
    const accepted = await world.rpc.call(completions.accept, request, { principal: user });
    expect(accepted).toMatchObject({ documents: true, encoding: 'text' });
    const reader = await world.follow(accepted.runId);
    await reader.has(1);
    const { sources } = await world.rpc.call(runCalls.sources, { runId: accepted.runId }, { principal: user });
    expect(sources).toMatchObject([{ source: { id }, document: ['The launch is on 3 May.'] }]);
    await reader.ended();
    expect(reader.text).toBe(expectedText('sim-t5-r100-x', content, 5));
    expect(retrieval.searches[0]?.request.items).toEqual([{ type: 'file', id, full: true }]);
    // The same key gives the same answer with the same sources.
    const again = await world.rpc.call(completions.accept, request, { principal: user });
    expect(again).toMatchObject({ runId: accepted.runId, created: false, documents: true });
    expect((await world.rpc.call(runCalls.sources, { runId: again.runId }, { principal: user })).sources).toEqual(
      sources,
    );
    await expect(
      world.rpc.call(runCalls.sources, { runId: accepted.runId }, { principal: newUser() }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const plain = { modelId: 'sim-t5-r100-x', body: { messages: body.messages }, bodyHash: 'p' };
    expect(await world.rpc.call(completions.accept, plain, { principal: user })).toMatchObject({ documents: false });
  });

  it('of a retried answer are searched again', async () => {
    await worker();
    const user = newUser();
    const id = document(user);
    const turn = await world.ask({ user, model: 'sim-t5-r100-x', attached: [file(id)] });
    await (await world.follow(turn.runId)).ended();
    retrieval.documents.delete(id);
    const again = await world.askAgain(turn, 'sim-t6-r100-x');
    const reader = await world.follow(again.runId);
    await reader.ended();
    expect(reader.text).toBe(answerTo({ model: 'sim-t6-r100-x' }, turn.prompt));
    expect((await world.message(again)).extra).not.toHaveProperty('sources');
  });

  it('that were deleted since do not prevent a retry by a page', async () => {
    await worker();
    const user = newUser();
    const id = document(user);
    const turn = await world.ask({ user, model: 'sim-t5-r100-x', attached: [file(id)] });
    await (await world.follow(turn.runId)).ended();
    retrieval.documents.delete(id);
    const { rows } = await world.db.query<{ parent_id: string }>(
      'SELECT parent_id FROM messages WHERE chat_id = $1 AND id = $2',
      [turn.chatId, turn.messageId],
    );
    const again = (messageId: string) =>
      world.rpc.call(
        runCalls.accept,
        {
          chatId: turn.chatId,
          parentId: null,
          userMessage: { id: messageId, content: turn.prompt, files: [file(id)] },
          answers: [{ messageId: randomUUID(), modelId: 'sim-t6-r100-x' }],
        },
        { principal: user },
      );
    const { runs } = await again(rows[0]!.parent_id);
    const reader = await world.follow(runs[0]!.runId);
    await reader.ended();
    expect(reader.text).toBe(answerTo({ model: 'sim-t6-r100-x' }, turn.prompt));
    await expect(again(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  function refusal(reason: string): CallError {
    return new CallError('UNAVAILABLE', 'It does not answer.', { reason, retryAfter: 5 });
  }
});
