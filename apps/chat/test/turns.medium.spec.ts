import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { completions, pictureKey, pictures as pictureCalls, pictureUrl, runs } from '@perennial/contracts-chat';
import { splitThoughts } from '@perennial/contracts-kernel';
import { expectedText, HABIT_TEXT } from '@perennial/provider-simulator';
import { sleep, waitFor } from '@perennial/testing';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { inWorld } from './in-world';
import { newUser, type Turn, type World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('turns and completions', () => {
  let world: World;
  const directory = mkdtempSync(join(tmpdir(), 'perennial-turns-'));
  inWorld(async (started) => {
    world = started;
    await world.chat('all', {
      MAX_RUNS_PER_USER: '3',
      MAX_MESSAGE_CHARS: '1000',
      MAX_ANSWER_CHARS: '300',
      DATA_DIR: directory,
    });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const code = (value: string) => expect.objectContaining({ code: value });

  it('streams the answer to a reader, stores it, and notifies the pages of its user', async () => {
    const user = newUser();
    const events: string[] = [];
    const rows: unknown[] = [];
    const stop = world.subscriber.followUser(
      user.userId,
      () => undefined,
      ({ data }) => {
        events.push(data.type);
        if (data.type === 'chat:list') rows.push((data.data as { chat?: unknown }).chat);
      },
    );
    await sleep(1_200);
    const turn = await world.ask({ user, model: 'sim-t40-r60-x', title: true });
    const reader = await world.follow(turn.runId);
    const end = await reader.ended();
    const text = expectedText(turn.model, turn.prompt, 40);
    expect(end.terminal).toMatchObject({ state: 'completed', finishReason: 'stop', length: text.length });
    expect(end.terminal.usage).toMatchObject({ completion_tokens: 40 });
    expect(reader.faults).toEqual([]);
    expect(reader.text).toBe(text);
    expect(await world.message(turn)).toMatchObject({ content: text, done: true, error: null });
    await waitFor(() => events.includes('chat:title') && events.filter((type) => type === 'chat:active').length === 2);
    const stored = await world.db.query('SELECT title, current_message_id FROM chats WHERE id = $1', [turn.chatId]);
    expect(stored.rows[0]).toEqual({ title: 'Simulated title', current_message_id: turn.messageId });
    const row = { id: turn.chatId, pinned: false, archived: false, tags: [] };
    expect(rows).toMatchObject([
      { ...row, active: true, unread: false },
      { ...row, active: false, unread: true },
    ]);
    expect((await world.snapshot(turn.runId)).text).toBe(text);
    await world.until(turn.runId, (row) => row.published_at !== null, 'the end to be marked as published');
    stop();
  });

  it('gives the pictures of a chat, also those among its files, and those of a plain completion to the model as bytes', async () => {
    // A model of its own, because resolved models are cached for a while.
    const model = 'sim-t5-r90-x';
    const asked: string[] = [];
    const provider = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push(body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const chunk = { choices: [{ index: 0, delta: { content: 'A leaf.' }, finish_reason: 'stop' }] };
        response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { baseUrl } = world.answers;
    world.answers.baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    onTestFinished(() => {
      world.answers.baseUrl = baseUrl;
      provider.close();
    });
    const user = newUser();
    const store = await createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: directory }));
    const blobKey = pictureKey(randomUUID());
    const { size, sha256 } = await store.put(blobKey, Readable.from([Buffer.from('leaf')]), { maxBytes: 100 });
    const pictures = [{ blobKey, size, sha256, contentType: 'image/png' as const }];
    const { ids } = await world.rpc.call(pictureCalls.keep, { pictures }, { principal: user });
    const picture = { type: 'image_url', image_url: { url: pictureUrl(ids[0]!) } };
    const content = [{ type: 'text', text: 'What is it?' }, picture];
    const toFiles = (urls: unknown[]) => urls.map((url) => ({ type: 'image', url }));
    const turn = await world.rpc.call(
      runs.accept,
      {
        parentId: null,
        // As other clients send them, beside what is no picture of this user.
        userMessage: { id: 'asked', content: 'What is it?', files: toFiles([ids[0], '/static/a.png', 'data:x', 7]) },
        answers: [{ messageId: 'answer', modelId: model }],
      },
      { principal: user },
    );
    const completion = await world.rpc.call(
      completions.accept,
      {
        modelId: model,
        body: { messages: [{ role: 'user', content }] },
        bodyHash: 'x',
        idempotencyKey: randomUUID(),
      },
      { principal: user },
    );
    for (const runId of [turn.runs[0]!.runId, completion.runId]) {
      expect((await (await world.follow(runId)).ended()).terminal.state).toBe('completed');
    }
    const url = `data:image/png;base64,${Buffer.from('leaf').toString('base64')}`;
    const shown = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ];
    expect(asked.map((body) => (JSON.parse(body) as { messages: unknown }).messages)).toEqual([shown, shown]);
  });

  it('sends the history of the chat to the model, without other branches', async () => {
    const first = await world.ask({ model: 'sim-t5-r100-x' });
    await (await world.follow(first.runId)).ended();
    const reply = await world.rpc.call(
      runs.accept,
      {
        chatId: first.chatId,
        parentId: first.messageId,
        userMessage: { id: randomUUID(), content: 'And then?' },
        answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100-x' }],
      },
      { principal: first.user },
    );
    expect(reply).toMatchObject({ chatId: first.chatId, created: false });
    const end = await (await world.follow(reply.runs[0]!.runId)).ended();
    expect(end.text).toBe(expectedText('sim-t5-r100-x', 'And then?', 5));
  });

  it('answers a second delivery with the first result, and the same message with the running run', async () => {
    const user = newUser();
    const request = {
      parentId: null,
      userMessage: { id: randomUUID(), content: 'Once' },
      answers: [{ messageId: randomUUID(), modelId: 'sim-t60-r60-x' }],
    };
    const key = randomUUID();
    const [a, b] = await Promise.all([
      world.rpc.call(runs.accept, request, { principal: user, key }),
      world.rpc.call(runs.accept, request, { principal: user, key }),
    ]);
    expect(a).toEqual(b);
    const again = await world.rpc.call(runs.accept, request, { principal: user });
    expect(again.runs).toEqual(a.runs);
    await expect(
      world.rpc.call(runs.accept, { ...request, parentId: null, generateTitle: true }, { principal: user, key }),
    ).rejects.toEqual(code('IDEMPOTENCY_MISMATCH'));
    await (await world.follow(a.runs[0]!.runId)).ended();
    const late = await world.rpc.call(runs.accept, request, { principal: user, key });
    expect(late).toEqual(a);
    expect(world.calls('Once')).toBe(1);
  });

  it('refuses invalid turns, and says what to do', async () => {
    const user = newUser();
    const ask = (change: object) =>
      world.rpc.call(
        runs.accept,
        {
          parentId: null,
          userMessage: { id: randomUUID(), content: 'Hello' },
          answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100' }],
          ...change,
        },
        { principal: user },
      );
    await expect(ask({ answers: [{ messageId: 'a', modelId: 'gpt-none' }] })).rejects.toEqual(code('NOT_FOUND'));
    await expect(ask({ userMessage: { id: 'u', content: ' \n ' } })).rejects.toEqual(code('INVALID_ARGUMENT'));
    await expect(ask({ userMessage: { id: 'u', content: 'x'.repeat(1_001) } })).rejects.toEqual(
      code('INVALID_ARGUMENT'),
    );
    await expect(ask({ chatId: randomUUID() })).rejects.toEqual(code('NOT_FOUND'));
    const foreign = await world.ask({ model: 'sim-t5-r100' });
    await expect(ask({ chatId: foreign.chatId })).rejects.toEqual(code('NOT_FOUND'));
    await expect(ask({ chatId: foreign.chatId, parentId: foreign.messageId })).rejects.toEqual(code('NOT_FOUND'));
    const { rows } = await world.db.query('SELECT id FROM chats WHERE user_id = $1', [user.userId]);
    expect(rows).toEqual([]);
  });

  it('limits the runs of a user, also for concurrent turns', async () => {
    const user = newUser();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => world.ask({ user, model: 'sim-t200-r40-x' })),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({
      reason: { code: 'RESOURCE_EXHAUSTED', details: { retryAfter: expect.any(Number) } },
    });
    for (const result of results) {
      if (result.status === 'fulfilled') await world.cancel({ chatId: result.value.chatId }, user);
    }
  });

  it('keeps the text before a provider’s failure, marked, and a retry is a version beside it', async () => {
    const turn = await world.ask({ model: 'sim-t40-r100-x-cut20' });
    const reader = await world.follow(turn.runId);
    const end = await reader.ended();
    expect(end.terminal).toMatchObject({ state: 'failed', error: { code: 'INTERRUPTED' } });
    expect(reader.text).toBe(expectedText(turn.model, turn.prompt, 20));
    expect(await world.message(turn)).toMatchObject({
      content: reader.text,
      done: true,
      error: { content: expect.stringContaining('broke off') },
      extra: { incomplete: true },
    });
    const before = await world.message(turn);
    const retry = await world.askAgain(turn, 'sim-t10-r100-x-e500');
    expect((await (await world.follow(retry.runId)).ended()).terminal.state).toBe('failed');
    const second = await world.askAgain(turn, 'sim-t10-r100-x');
    const whole = await world.follow(second.runId);
    expect((await whole.ended()).terminal.state).toBe('completed');
    expect(await world.message(second)).toMatchObject({ content: whole.text, error: null });
    expect(await world.message(turn)).toEqual(before);
    const { rows } = await world.db.query('SELECT parent_id FROM messages WHERE chat_id = $1 AND id = ANY ($2)', [
      turn.chatId,
      [turn.messageId, retry.messageId, second.messageId],
    ]);
    expect(new Set(rows.map(({ parent_id }) => parent_id)).size).toBe(1);
  });

  /** A client's request that names an existing answer of the chat again. */
  function naming(turn: Turn, change: object = {}) {
    const answers = [{ messageId: turn.messageId, modelId: 'sim-t30-r100-x' }];
    return world.rpc.call(
      runs.accept,
      { chatId: turn.chatId, parentId: turn.messageId, answers, ...change },
      { principal: turn.user },
    );
  }

  it('a message of a chat that is sent again after its answer has ended, because the reply was lost, is the same', async () => {
    const first = await world.ask({ model: 'sim-t5-r100-x' });
    await (await world.follow(first.runId)).ended();
    const request = {
      chatId: first.chatId,
      parentId: first.messageId,
      userMessage: { id: randomUUID(), content: 'And then?' },
      answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100-x' }],
    };
    const send = () => world.rpc.call(runs.accept, request, { principal: first.user });
    const reply = await send();
    await (await world.follow(reply.runs[0]!.runId)).ended();
    expect(await send()).toMatchObject({ chatId: first.chatId, created: false, runs: reply.runs });
    const { rows } = await world.db.query('SELECT 1 FROM messages WHERE chat_id = $1', [first.chatId]);
    expect(rows).toHaveLength(4);
  });

  it('overwrites no ended answer, with any outcome', async () => {
    for (const model of ['sim-t5-r100-x', 'sim-t40-r100-x-cut20', 'sim-t5-r100-e401']) {
      const turn = await world.ask({ model });
      await (await world.follow(turn.runId)).ended();
      const before = await world.message(turn);
      const again = naming(turn, { parentId: null, userMessage: { id: randomUUID(), content: 'Another' } });
      await expect(again).rejects.toEqual(code('ALREADY_EXISTS'));
      expect(await world.message(turn)).toEqual(before);
    }
  });

  it('writes into an empty placeholder that a page has saved for an answer', async () => {
    const turn = await world.ask({ model: 'sim-t5-r100-x' });
    await (await world.follow(turn.runId)).ended();
    const messageId = randomUUID();
    await world.db.query(
      `INSERT INTO messages (chat_id, id, parent_id, role) SELECT $1, $2, parent_id, 'assistant' FROM messages WHERE id = $3`,
      [turn.chatId, messageId, turn.messageId],
    );
    const { parent_id: parentId } = await world.message(turn);
    const { runs } = await naming({ ...turn, messageId }, { parentId });
    const reader = await world.follow(runs[0]!.runId);
    await reader.ended();
    expect((await world.message({ ...turn, messageId })).content).toBe(reader.text);
  });

  it.each(['continue_final_message', 'none'] as const)(
    'continues an ended answer, its text first, with a provider that continues by %s',
    async (continuation) => {
      world.answers.continuation = continuation;
      try {
        const turn = await world.ask({ model: 'sim-t20-r100-x' });
        await (await world.follow(turn.runId)).ended();
        const { content } = await world.message(turn);
        const { runs } = await naming(turn, { continueAnswer: true });
        const reader = await world.follow(runs[0]!.runId);
        expect((await reader.ended()).terminal.state).toBe('completed');
        expect(reader.faults).toEqual([]);
        expect(reader.text.startsWith(content)).toBe(true);
        expect(reader.text.length).toBeGreaterThan(content.length);
        expect(await world.message(turn)).toMatchObject({ content: reader.text, done: true });
        const failing = await naming(turn, {
          continueAnswer: true,
          answers: [{ messageId: turn.messageId, modelId: 'sim-t5-r100-e401' }],
        });
        expect((await (await world.follow(failing.runs[0]!.runId)).ended()).terminal.state).toBe('failed');
        expect((await world.message(turn)).content).toBe(reader.text);
      } finally {
        world.answers.continuation = 'continue_final_message';
      }
    },
  );

  it('continues only an answer with text', async () => {
    const turn = await world.ask({ model: 'sim-t5-r100-e401' });
    await (await world.follow(turn.runId)).ended();
    await expect(naming(turn, { continueAnswer: true })).rejects.toEqual(code('FAILED_PRECONDITION'));
    const { parent_id: question } = await world.message(turn);
    const answers = [{ messageId: question!, modelId: 'sim-t5-r100-x' }];
    await expect(naming(turn, { continueAnswer: true, parentId: question, answers })).rejects.toEqual(
      code('INVALID_ARGUMENT'),
    );
  });

  it('reports a provider error to the user, and to operators in one log line and in metrics', async () => {
    const turn = await world.ask({ model: 'sim-t40-r100-e429-after30' });
    const end = await (await world.follow(turn.runId)).ended();
    expect(end.terminal).toMatchObject({
      state: 'failed',
      error: {
        code: 'RATE_LIMITED',
        retryAfter: 30,
        retryable: true,
        message: 'The model is busy. Try again in 30 seconds.',
      },
    });
    const [process] = world.processes;
    const line = await waitFor(
      () =>
        process!.output
          .split('\n')
          .filter((each) => each.includes('"run failed"') && each.includes(turn.runId))
          .at(0),
      { what: 'the log line' },
    );
    const provider = new URL(world.simulator.url).host;
    expect(JSON.parse(line)).toMatchObject({ run_id: turn.runId, model: turn.model, provider, code: 'RATE_LIMITED' });
    expect(line).not.toContain(turn.user.userId);
    const metrics = await world.metricsOf(process!);
    expect(metrics).toContain(
      `perennial_runs_ended_total{state="failed",reason="RATE_LIMITED",model="${turn.model}",provider="${provider}",service="chat"} 1`,
    );
  });

  it('exports the number of runs once, for any number of scraped replicas', async () => {
    const other = await world.chat('api');
    const texts = await Promise.all([world.processes[0]!, other].map((process) => world.metricsOf(process)));
    expect(texts.filter((text) => text.includes('perennial_runs{state="running"'))).toHaveLength(1);
    await other.kill();
  });

  it.each(['thinkstart', 'thinkunopened', 'reasoning'])('separates thoughts from the answer (%s)', async (habit) => {
    const turn = await world.ask({ model: `sim-as${habit}` });
    const reader = await world.follow(turn.runId);
    const end = await reader.ended();
    expect(splitThoughts(end.text)).toEqual({ thoughts: HABIT_TEXT.thought, answer: HABIT_TEXT.answer });
    expect(reader.text).toBe(end.text);
    const thought = { type: 'reasoning', content: [{ type: 'reasoning_text', text: HABIT_TEXT.thought }] };
    expect(await world.message(turn)).toMatchObject({ content: HABIT_TEXT.answer, output: [thought] });
    // Late readers get the same text as early ones.
    expect(await world.snapshot(turn.runId)).toMatchObject({ text: end.text, terminal: { length: end.text.length } });
  });

  it('names a chat by the answer of a thinking model, not by its thoughts', async () => {
    const turn = await world.ask({ model: 'sim-asthinktitle', title: true });
    const titled = async () => {
      const { rows } = await world.db.query('SELECT title FROM chats WHERE id = $1', [turn.chatId]);
      return rows[0].title === 'The title';
    };
    await waitFor(titled, { what: 'the chat has its title' });
  });

  it('answers with a model of a long name', async () => {
    const model = `sim-t3-r1000-x-${'long'.repeat(75)}`;
    const turn = await world.ask({ model });
    expect((await (await world.follow(turn.runId)).ended()).text).toBe(expectedText(model, turn.prompt, 3));
  });

  it('ends an answer at its limit with the finish reason length', async () => {
    const turn = await world.ask({ model: 'sim-t100-r200-x' });
    const end = await (await world.follow(turn.runId)).ended();
    expect(end.terminal).toMatchObject({ state: 'completed', finishReason: 'length', length: 300 });
    expect(end.text).toBe(expectedText(turn.model, turn.prompt, 50));
  });

  it('lists the running runs of a chat, to its owner only', async () => {
    const turn = await world.ask({ model: 'sim-t200-r20-x' });
    const active = (principal = turn.user) => world.rpc.call(runs.active, { chatId: turn.chatId }, { principal });
    expect((await active()).runs).toEqual([{ runId: turn.runId, messageId: turn.messageId }]);
    expect((await active(newUser())).runs).toEqual([]);
    expect(await world.cancel({ runId: turn.runId }, newUser())).toEqual([]);
    expect(await world.cancel({ runId: turn.runId }, turn.user)).toEqual([turn.runId]);
    await world.until(turn.runId, (row) => row.state === 'cancelled', 'it to be cancelled');
    expect((await active()).runs).toEqual([]);
  });

  it('under a key is one turn, even when it is over; another request under the key is refused', async () => {
    const user = newUser();
    const request = {
      parentId: null,
      userMessage: { id: randomUUID(), content: 'Once' },
      answers: [{ messageId: randomUUID(), modelId: 'sim-t5-r100-x' }],
    };
    const ask = (change: object = {}) =>
      world.rpc.call(runs.accept, { ...request, ...change }, { principal: user, key: 'client:turn-1' });
    const first = await ask();
    await (await world.follow(first.runs[0]!.runId)).ended();
    expect(await ask()).toEqual(first);
    await expect(ask({ params: { seed: 1 } })).rejects.toEqual(code('IDEMPOTENCY_MISMATCH'));
  });

  describe('completions', () => {
    const complete = (body: object, user = newUser(), idempotencyKey?: string, modelId = 'sim-t20-r100-x') =>
      world.rpc.call(
        completions.accept,
        {
          modelId,
          body: { messages: [{ role: 'user', content: 'Complete' }], ...body },
          idempotencyKey,
          bodyHash: JSON.stringify(body),
        },
        { principal: user },
      );

    it('are runs without a chat', async () => {
      const { runId, encoding } = await complete({ max_tokens: 12 });
      expect(encoding).toBe('text');
      const end = await (await world.follow(runId)).ended();
      expect(end.terminal).toMatchObject({ state: 'completed', finishReason: 'length' });
      expect(end.text).toBe(expectedText('sim-t20-r100-x', 'Complete', 12));
    });

    it('give the same run under the same Idempotency-Key, and refuse another body', async () => {
      const user = newUser();
      const first = await complete({}, user, 'key-1');
      expect(await complete({}, user, 'key-1')).toMatchObject({ runId: first.runId, created: false });
      await expect(complete({ seed: 1 }, user, 'key-1')).rejects.toEqual(code('IDEMPOTENCY_MISMATCH'));
      const end = await (await world.follow(first.runId)).ended();
      expect(await complete({}, user, 'key-1')).toMatchObject({ runId: first.runId, created: false });
      expect((await world.snapshot(first.runId)).text).toBe(end.text);
      expect((await complete({}, newUser(), 'key-1')).runId).not.toBe(first.runId);
    });

    it('refuse another body under the key of a failed one, and retry the same body', async () => {
      const user = newUser();
      const failed = await complete({}, user, 'key-3', 'sim-e500');
      expect((await (await world.follow(failed.runId)).ended()).terminal.state).toBe('failed');
      await expect(complete({ seed: 1 }, user, 'key-3', 'sim-e500')).rejects.toEqual(code('IDEMPOTENCY_MISMATCH'));
      const again = await complete({}, user, 'key-3', 'sim-e500');
      expect(again).toMatchObject({ created: true });
      expect(again.runId).not.toBe(failed.runId);
    });

    it('keep whole choices if more than text was requested', async () => {
      const { runId, encoding } = await complete({ logprobs: true });
      expect(encoding).toBe('chunks');
      const end = await (await world.follow(runId)).ended();
      expect(end.terminal.state).toBe('completed');
      const lines = end.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { delta?: { content?: string } }[]);
      expect(
        lines
          .flat()
          .map((choice) => choice.delta?.content ?? '')
          .join(''),
      ).toMatch(/^ w/);
    });

    it('end when they had no reader for 10 s, unless they have a key', async () => {
      const left = await complete({}, newUser(), undefined, 'sim-t40-r2-x');
      const kept = await complete({}, newUser(), 'key-2', 'sim-t40-r2-x');
      await world.until(left.runId, (row) => row.state === 'cancelled', 'it to be cancelled', 15_000);
      expect((await world.row(kept.runId)).state).toBe('running');
    });
  });
});
