import { randomUUID } from 'node:crypto';
import { chats, runs } from '@perennial/contracts-chat';
import type { Call, CallRequest, UserPrincipal } from '@perennial/contracts-kernel';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../test/replicas';

/** Real: Postgres, Redis, the transport, two replicas of the module that answer calls. */
let started: ChatReplicas;
let owner: UserPrincipal;

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });
const call = <C extends Call>(which: C, request: CallRequest<C>, principal = owner) =>
  started.caller.rpc.call(which, request, { principal });

beforeAll(async () => {
  started = await startReplicas('chat-reads');
});
afterAll(() => started?.stop());
beforeEach(() => {
  owner = userOf();
});

const message = (id: string, parentId: string | null, content = `text of ${id}`) => ({
  id,
  parentId,
  childrenIds: [],
  role: parentId === null || parentId.startsWith('a') ? ('user' as const) : ('assistant' as const),
  content,
});

/** A chat of `count` messages one after another, m0 first. */
async function line(count: number): Promise<string> {
  const messages = Array.from({ length: count }, (_, at) => message(`m${at}`, at === 0 ? null : `m${at - 1}`));
  const history = { currentId: `m${count - 1}`, messages: Object.fromEntries(messages.map((one) => [one.id, one])) };
  return (await call(chats.create, { chat: { title: 'A line', history } })).id;
}

const put = (chatId: string, currentId: string, ...messages: ReturnType<typeof message>[]) =>
  call(chats.update, {
    chatId,
    chat: { history: { currentId, messages: Object.fromEntries(messages.map((one) => [one.id, one])) } },
  });

const idsIn = (chat: { chat: { history?: { messages: object } | undefined } }) =>
  Object.keys(chat.chat.history?.messages ?? {});

/** A revision that nothing is newer than. Transactions of other tests on the same server may be under way for a moment. */
async function revised(chatId: string): Promise<string> {
  const { revision } = await waitFor(async () => {
    const { revision: unless } = await call(chats.get, { chatId, revised: true });
    const { unchanged } = await call(chats.get, { chatId, unless });
    return unchanged && { revision: unless! };
  });
  return revision;
}

describe('a part of a chat', () => {
  it('is its end, then what is older, each message once', async () => {
    const chatId = await line(150);
    const seen: string[] = [];
    const sizes: number[] = [];
    let before: string | undefined;
    do {
      const part = await call(chats.get, { chatId, tail: 60, before });
      seen.unshift(...idsIn(part));
      sizes.push(idsIn(part).length);
      before = part.chat.history?.before;
    } while (before !== undefined);
    expect(sizes).toEqual([60, 60, 30]);
    expect(seen).toEqual(Array.from({ length: 150 }, (_, at) => `m${at}`));
    expect(idsIn(await call(chats.get, { chatId }))).toHaveLength(150);
    // Where a message is gone is not where the chat begins.
    await expect(call(chats.get, { chatId, before: 'gone' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('reaches back along the shown branch, with the versions beside it', async () => {
    const chatId = await line(100);
    await put(chatId, 'v1', message('v1', 'm97'), message('v2', 'm97'));
    expect(idsIn(await call(chats.get, { chatId, tail: 3 }))).toEqual(['m96', 'm97', 'm98', 'm99', 'v1', 'v2']);
    // The shown branch ended long ago: what is newer comes with it, so that nothing is left out in between.
    await put(chatId, 'm10');
    const part = await call(chats.get, { chatId, tail: 5 });
    expect([idsIn(part)[0], idsIn(part).length, part.chat.history?.before]).toEqual(['m6', 96, 'm6']);
  });

  it('ends where parents form a circle, and where the current message is gone', async () => {
    const chatId = await line(4);
    await started.db.query(`UPDATE messages SET parent_id = 'm3' WHERE chat_id = $1 AND id = 'm0'`, [chatId]);
    expect(idsIn(await call(chats.get, { chatId, tail: 2_000 }))).toHaveLength(4);
    await started.db.query(`UPDATE chats SET current_message_id = 'gone' WHERE id = $1`, [chatId]);
    expect(idsIn(await call(chats.get, { chatId, tail: 2 }))).toHaveLength(4);
  });

  it('has its outline: who said what, at most 80 characters of it', async () => {
    const chatId = await line(2);
    await put(chatId, 'long', message('long', 'm1', '😀'.repeat(200)));
    const { current_id: current, items } = await call(chats.outline, { chatId });
    expect(current).toBe('long');
    expect(items.slice(0, 2)).toEqual([
      { id: 'm0', parent_id: null, role: 'user', text: 'text of m0' },
      { id: 'm1', parent_id: 'm0', role: 'assistant', text: 'text of m1' },
    ]);
    expect([...items[2]!.text]).toHaveLength(80);
  });
});

describe('what is newer than a revision', () => {
  it('is nothing, then only what was changed, and marked', async () => {
    const chatId = await line(50);
    const since = await revised(chatId);
    const same = await call(chats.get, { chatId, since });
    expect([idsIn(same), same.chat.history?.since]).toEqual([[], since]);
    await put(chatId, 'm50', message('m50', 'm49'), { ...message('m3', 'm2'), content: 'another text' });
    const changed = await call(chats.get, { chatId, since });
    expect([idsIn(changed).sort(), changed.current_message_id]).toEqual([['m3', 'm50'], 'm50']);
    // Who has only the end reads what is older anyway.
    expect(idsIn(await call(chats.get, { chatId, since, from: 'm40' }))).toEqual(['m50']);
    expect(idsIn(await call(chats.get, { chatId, since: await revised(chatId) }))).toEqual([]);
  });

  it('includes what was written before and committed after it was read', async () => {
    const chatId = await line(2);
    const slow = await started.db.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(`UPDATE messages SET content = 'TEXT of m0' WHERE chat_id = $1 AND id = 'm0'`, [chatId]);
      await put(chatId, 'quick', message('quick', 'm1'));
      const between = await call(chats.get, { chatId, revised: true });
      expect(between.chat.history?.messages.m0).toMatchObject({ content: 'text of m0' });
      await slow.query('COMMIT');
      const newer = await call(chats.get, { chatId, since: between.revision });
      expect(newer.chat.history).toMatchObject({
        since: between.revision,
        messages: { m0: { content: 'TEXT of m0' } },
      });
    } finally {
      await slow.query('ROLLBACK');
      slow.release();
    }
  });

  it('includes an answer that is being written, which is never unchanged', async () => {
    const chatId = await line(2);
    const turn = { userMessage: { id: 'u', content: 'Go on' }, answers: [{ messageId: 'answer', modelId: 'sim' }] };
    await call(runs.accept, { chatId, parentId: 'm1', ...turn });
    const { revision: since } = await call(chats.get, { chatId, revised: true });
    expect(idsIn(await call(chats.get, { chatId, since }))).toContain('answer');
    expect((await call(chats.get, { chatId, unless: since })).unchanged).toBeUndefined();
  });

  it('is the whole when a message was deleted, or when the revision is of another store', async () => {
    const chatId = await line(3);
    const since = await revised(chatId);
    await started.db.query(`DELETE FROM messages WHERE chat_id = $1 AND id = 'm2'`, [chatId]);
    const whole = await call(chats.get, { chatId, since });
    expect([idsIn(whole), whole.chat.history?.since]).toEqual([['m0', 'm1'], undefined]);
    const [era = '', ...rest] = whole.revision!.split('-');
    const promoted = [(parseInt(era, 16) + 1).toString(16).toUpperCase().padStart(8, '0'), ...rest].join('-');
    const restored = [era, rest[0], rest[1], '999999999999'].join('-');
    const restarted = [era, rest[0], Number(rest[1]) - 1, rest[2]].join('-');
    for (const other of [promoted, restored, restarted, 'x', '', "1' OR 1=1", `${era}-1-1-99999999999999999999`]) {
      const reply = await call(chats.get, { chatId, since: other });
      expect([idsIn(reply), reply.chat.history?.since]).toEqual([['m0', 'm1'], undefined]);
    }
    expect((await call(chats.remove, { chatId })).deleted).toBe(true);
  });

  it('is said to be nothing to who has the chat already', async () => {
    const chatId = await line(3);
    const unless = await revised(chatId);
    const reply = await call(chats.get, { chatId, unless });
    expect([reply.unchanged, idsIn(reply)]).toEqual([true, []]);
    await call(chats.update, { chatId, chat: { title: 'Another' } });
    const changed = await call(chats.get, { chatId, unless, revised: true });
    expect([changed.unchanged, changed.title, idsIn(changed).length]).toEqual([undefined, 'Another', 3]);
  });

  it('is told to nobody but its owner', async () => {
    const chatId = await line(3);
    const since = await revised(chatId);
    for (const request of [
      { chatId, tail: 1 },
      { chatId, since, from: 'm0' },
      { chatId, unless: since },
    ]) {
      await expect(call(chats.get, request, userOf())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(call(chats.outline, { chatId }, userOf())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
