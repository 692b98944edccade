import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { completions, runs } from '@perennial/contracts-chat';
import { CallError, type UserPrincipal } from '@perennial/contracts-kernel';
import { RETRIEVAL_SETTINGS_CHANGED, retrievalSettings } from '@perennial/contracts-retrieval';
import type { OnRunUpdate, RunTerminal } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { SETTINGS } from '../../../test/tiny-retrieval';
import { EventStream } from '../../http/event-stream';
import { AnswerSources } from './answer-sources';

const runId = randomUUID();
const SOURCES = [{ source: { type: 'file', id: randomUUID(), name: 'a.md' }, document: ['x'], metadata: [{}] }];
const completed: RunTerminal = { state: 'completed', generation: 1, length: 5, finishReason: 'stop' };

/** An SDK's completion that uses documents. Real: the edge. Not real: the run and its sources. */
describe('the sources of a completion', () => {
  let edge: Edge;
  let headers: { authorization: string };
  let end: RunTerminal;
  let url: string;
  beforeAll(async () => {
    edge = await startEdge();
    headers = edge.account('user').headers;
    await edge.app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(edge.app.getHttpServer().address() as AddressInfo).port}`;
    const identity = { runId, userId: randomUUID(), model: 'm' };
    edge.subscriber.follow = async (_run: string, _cursor: unknown, onUpdate: OnRunUpdate) => {
      const run = { identity, position: { epoch: 1, generation: 1, offset: 5 }, text: 'Hello', isCurrent: true };
      const over = end.state === 'completed' ? 'Hello' : '';
      await sleep(5);
      if (over !== '') onUpdate({ kind: 'delta', epoch: 1, generation: 1, offset: 0, text: over }, run);
      const later = setTimeout(() => onUpdate({ kind: 'end', epoch: 1, terminal: end, text: over }, run), 5);
      if (over === '') await sleep(10);
      return Object.assign(() => clearTimeout(later), { pause: () => undefined, resume: () => undefined });
    };
  });
  afterAll(() => edge.close());
  beforeEach(() => {
    end = completed;
    edge.rpc.on(completions.accept, () => ({ runId, created: true, encoding: 'text' as const, documents: true }));
    edge.rpc.on(runs.sources, () => ({ sources: SOURCES }));
  });

  const ask = async (body: object = {}, more: Record<string, string> = {}) => {
    const reply = await fetch(`${url}/api/chat/completions`, {
      method: 'POST',
      headers: { ...headers, ...more, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'x' }],
        files: [{ type: 'file', id: runId, name: null }],
        ...body,
      }),
    });
    const text = await reply.text();
    return { status: reply.status, text, json: () => JSON.parse(text) as Record<string, unknown> };
  };
  const frames = (text: string) =>
    text
      .split('\n\n')
      .filter((frame) => frame.startsWith('data: {'))
      .map((frame) => JSON.parse(frame.slice(6)) as Record<string, unknown>);

  it('are the first frame of a stream, once', async () => {
    const seen = frames((await ask({ stream: true })).text);
    expect(seen[0]).toEqual({ sources: SOURCES });
    expect(seen.slice(1).every((frame) => 'choices' in frame)).toBe(true);
    expect(seen[2]).toMatchObject({ choices: [{ delta: { content: 'Hello' } }] });
  });

  it('are a field of the JSON', async () => {
    expect((await ask()).json()).toMatchObject({
      sources: SOURCES,
      choices: [{ message: { role: 'assistant', content: 'Hello' } }],
    });
  });

  it('are left out if there are none, they are unavailable, or the request has no documents', async () => {
    const without = async () => {
      expect((await ask()).json()).not.toHaveProperty('sources');
      expect(frames((await ask({ stream: true })).text)[0]).toMatchObject({
        choices: [{ delta: { role: 'assistant' } }],
      });
    };
    edge.rpc.on(runs.sources, () => ({ sources: [] }));
    await without();
    edge.rpc.fails(runs.sources, new CallError('UNAVAILABLE', 'Redis is away.'));
    await without();
    edge.rpc.on(completions.accept, () => ({ runId, created: true, encoding: 'text' as const, documents: false }));
    edge.rpc.calls.splice(0);
    await without();
    expect(edge.rpc.commands).toEqual([completions.accept.pattern, completions.accept.pattern]);
  });

  it('leave no reader of the run when the client disconnects before it follows', async () => {
    const stop = Object.assign(vi.fn(), { pause: () => undefined, resume: () => undefined });
    let follows: () => void = () => undefined;
    vi.spyOn(edge.subscriber, 'follow').mockImplementationOnce(
      () => new Promise((resolve) => (follows = () => resolve(stop))),
    );
    const raw = new EventEmitter();
    const stream = new EventStream({ raw } as unknown as FastifyReply);
    const sent = edge.app.get(AnswerSources).sendFirst(runId, {} as UserPrincipal, stream);
    raw.emit('close');
    await sent;
    expect(stop).not.toHaveBeenCalled();
    follows();
    await vi.waitFor(() => expect(stop).toHaveBeenCalledTimes(1));
  });

  it('do not turn a failure before the first word into a stream', async () => {
    end = {
      ...completed,
      state: 'failed',
      length: 0,
      error: { code: 'UNAVAILABLE', message: 'The provider is away.' },
    };
    const reply = await ask({ stream: true });
    expect([reply.status, reply.json().detail]).toEqual([503, 'The provider is away.']);
  });

  it('of a document that is not the caller’s are refused, for an SDK and for a page', async () => {
    const detail = 'There is no such file, or it is not yours. Take it off the message and send it again.';
    edge.rpc.fails(completions.accept, new CallError('NOT_FOUND', detail));
    edge.rpc.fails(runs.accept, new CallError('NOT_FOUND', detail));
    const turn = { session_id: 's', parent_id: null, id: 'a', user_message: { id: 'q', content: 'x' } };
    for (const body of [{}, { stream: true }, turn]) {
      const reply = await ask(body);
      expect([reply.status, reply.json().detail]).toEqual([404, detail]);
    }
  });

  it('come from the files that a page names for its chat and for its message', async () => {
    edge.rpc.on(runs.accept, () => ({ chatId: randomUUID(), created: true, runs: [] }));
    const files = [{ type: 'collection', id: randomUUID(), name: 'Base', meta: null }];
    const turn = { session_id: 's', parent_id: null, id: 'a', files, user_message: { id: 'q', content: 'x', files } };
    expect((await ask(turn)).status).toBe(200);
    const accepted = edge.rpc.calls.findLast(({ pattern }) => pattern === runs.accept.pattern);
    expect(accepted?.request).toMatchObject({ files, userMessage: { files } });
    const many = await ask({ ...turn, files: Array.from({ length: 101 }, () => files[0]) });
    expect([many.status, many.json().detail]).toEqual([422, 'files: must hold at most 100 files']);
  });

  it('use the Idempotency-Key that a page sends', async () => {
    edge.rpc.on(runs.accept, () => ({ chatId: randomUUID(), created: true, runs: [] }));
    const turn = { session_id: 's', parent_id: null, id: 'a', user_message: { id: 'q', content: 'x' } };
    expect((await ask(turn, { 'idempotency-key': 'k' })).status).toBe(200);
    expect(edge.rpc.calls.findLast(({ pattern }) => pattern === runs.accept.pattern)).toMatchObject({
      key: 'client:k',
    });
  });

  it('of a message are limited by the administrator’s setting', async () => {
    edge.rpc.on(runs.accept, () => ({ chatId: randomUUID(), created: true, runs: [] }));
    edge.rpc.on(retrievalSettings.get, () => ({ version: 1, settings: { ...SETTINGS, FILE_MAX_COUNT: 1 } }));
    await edge.notices.publish(RETRIEVAL_SETTINGS_CHANGED, { version: 1 });
    const file = () => ({ type: 'file', id: randomUUID() });
    const turn = (...files: object[]) => ({
      session_id: 's',
      parent_id: null,
      id: 'a',
      files: null,
      user_message: { id: 'q', content: 'x', files },
    });
    expect((await ask(turn(file(), { type: 'image', url: 'data:' }))).status).toBe(200);
    const many = await ask(turn(file(), file()));
    expect([many.status, many.json().detail]).toEqual([
      400,
      'At most 1 files can be attached to a message, this one has 2. Take some off and send it again.',
    ]);
  });
});
