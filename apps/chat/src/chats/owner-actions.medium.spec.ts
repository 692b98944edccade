import { randomUUID } from 'node:crypto';
import { type ChatListItem, chats, copies, marks, messages, runs, tags } from '@perennial/contracts-chat';
import {
  ANONYMOUS,
  type Call,
  type CallRequest,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import type { RunPublisher, UserEvent } from '@perennial/transport';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../test/replicas';
import { RUN_PUBLISHER } from '../runs/run-publisher';

/** Real: Postgres, Redis, the transport, two replicas of the module. What owners do with their chats beside writing in them. */
let started: ChatReplicas;
let db: ChatReplicas['db'];
let owner: UserPrincipal;
/** What the user's other pages are told. */
const told: UserEvent[] = [];

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });
const call = <C extends Call>(which: C, request: CallRequest<C>, principal: Principal = owner, key?: string) =>
  started.caller.rpc.call(which, request, { principal, key });

beforeAll(async () => {
  started = await startReplicas('owner');
  db = started.db;
  for (const { app } of started.replicas) {
    const publisher = app.get<RunPublisher>(RUN_PUBLISHER, { strict: false });
    const notify = publisher.notifyUser.bind(publisher);
    vi.spyOn(publisher, 'notifyUser').mockImplementation((userId, event) => {
      if (userId === owner.userId) told.push(event);
      return notify(userId, event);
    });
  }
});
afterAll(() => started?.stop());
beforeEach(() => {
  owner = userOf();
  told.length = 0;
});

const chatOf = async (title = 'Plants', principal = owner): Promise<string> =>
  (await call(chats.create, { chat: { title } }, principal)).id;
const listed = async (request: CallRequest<typeof chats.list> = {}) => (await call(chats.list, request)).items;
const titles = async (request: CallRequest<typeof chats.list> = {}) =>
  (await listed(request)).map(({ title }) => title);
/** The row that the last event of the list has; null when the chat was deleted. */
const toldRow = () => (told.at(-1)?.data.data as { chat?: ChatListItem | null }).chat;
const toldRowOf = (type: string) =>
  (told.findLast(({ data }) => data.type === type)?.data.data as { chat?: ChatListItem | null }).chat;
const everybodyElse = (): Principal[] => [userOf(), { ...userOf(), role: 'admin' }];

describe('a mark', () => {
  it('is set, turned over, and turned over once by a delivery that is repeated', async () => {
    const chatId = await chatOf();
    const before = (await listed())[0];
    expect(await call(marks.pin, { chatId, pinned: true })).toMatchObject({ id: chatId, pinned: true });
    expect(await call(marks.pin, { chatId, pinned: true })).toMatchObject({ pinned: true });
    expect(await call(marks.pin, { chatId }, owner, 'turn')).toMatchObject({ pinned: false });
    expect(await call(marks.pin, { chatId }, owner, 'turn')).toMatchObject({ pinned: false });
    expect(await call(marks.archive, { chatId }, owner, 'turn')).toMatchObject({ archived: true, pinned: false });
    expect(await call(marks.get, { chatId })).toEqual({ pinned: false, archived: true });
    expect(await listed()).toEqual([]);
    // It neither moves a chat nor makes it unread.
    expect(await listed({ archived: true })).toEqual([{ ...before, archived: true }]);
  });

  it('that is turned over by many at once is turned over by each', async () => {
    const chatId = await chatOf();
    await Promise.all(Array.from({ length: 9 }, () => call(marks.pin, { chatId })));
    expect(await call(marks.get, { chatId })).toEqual({ pinned: true, archived: false });
  });

  it('puts chats where the lists have them', async () => {
    const [pinned, archived] = [await chatOf('Pinned'), await chatOf('Archived 50%')];
    await chatOf('Other');
    await call(marks.pin, { chatId: pinned });
    await call(marks.archive, { chatId: archived });
    expect(await titles()).toEqual(['Other', 'Pinned']);
    expect(await titles({ pinned: false })).toEqual(['Other']);
    expect(await titles({ pinned: true })).toEqual(['Pinned']);
    expect(await titles({ archived: true })).toEqual(['Archived 50%']);
    expect(await titles({ archived: true, title: 'ARCH' })).toEqual(['Archived 50%']);
    expect(await titles({ archived: true, title: '0%' })).toEqual(['Archived 50%']);
    expect(await titles({ archived: true, title: 'A%0' })).toEqual([]);
    expect(await call(marks.countArchived, {})).toEqual({ count: 1 });
  });

  it('is set on all chats of the owner, and of nobody else', async () => {
    const other = userOf();
    await Promise.all([chatOf('One'), chatOf('Two'), chatOf('Theirs', other)]);
    const all = (archived: boolean) => Promise.all([1, 2, 3].map(() => call(marks.archiveAll, { archived })));
    expect((await all(true)).reduce((sum, { changed }) => sum + changed, 0)).toBe(2);
    expect(told.at(-1)?.data).toEqual({ type: 'chat:list', data: { chat_id: '', folder_id: null } });
    expect(await call(marks.countArchived, {})).toEqual({ count: 2 });
    expect(await call(marks.countArchived, {}, other)).toEqual({ count: 0 });
    expect((await all(false)).reduce((sum, { changed }) => sum + changed, 0)).toBe(2);
    expect(await titles()).toHaveLength(2);
  });

  it('tells what is read: one chat, and all', async () => {
    const [chatId] = [await chatOf('One'), await chatOf('Two')];
    const { updated_at: changedAt } = (await listed()).find(({ id }) => id === chatId)!;
    const { lastReadAt } = await call(marks.unread, { chatId });
    expect(lastReadAt).toBe(changedAt - 1);
    expect(toldRow()).toMatchObject({ id: chatId, unread: true, last_read_at: lastReadAt });
    expect((await listed()).filter(({ unread }) => unread).map(({ id }) => id)).toEqual([chatId]);
    // A chat that is renamed is as unread as before.
    await call(chats.update, { chatId, chat: { title: 'Renamed' } });
    expect(toldRow()).toMatchObject({ title: 'Renamed', unread: true });
    expect(await call(marks.readAll, {})).toEqual({ changed: 1 });
    expect(await call(marks.readAll, {})).toEqual({ changed: 0 });
    expect((await listed()).filter(({ unread }) => unread)).toEqual([]);
    await call(marks.unread, { chatId });
    await call(chats.markRead, { chatId });
    expect(toldRow()).toMatchObject({ unread: false });
  });
});

describe('other pages of the owner', () => {
  it('get the row of a chat as the list has it, and that it was deleted', async () => {
    const chatId = await chatOf();
    const row = async () => (await listed())[0];
    expect(told).toEqual([
      {
        chat_id: chatId,
        message_id: '',
        data: { type: 'chat:list', data: { chat_id: chatId, folder_id: null, chat: await row() } },
      },
    ]);
    await call(chats.update, { chatId, chat: { title: 'Trees' } });
    expect(toldRow()).toEqual(await row());
    expect(toldRow()).toMatchObject({ title: 'Trees', pinned: false, archived: false, active: false, tags: [] });
    await call(marks.pin, { chatId });
    expect(toldRow()).toEqual(await row());
    await call(chats.remove, { chatId });
    expect(told.at(-1)?.data).toEqual({ type: 'chat:list', data: { chat_id: chatId, folder_id: null, chat: null } });
  });
});

/** q1 ─ a1 ─ q2 ─ a2, and b1 beside a1; the answers of the test are not written by a model. */
async function conversation(principal = owner): Promise<string> {
  const message = (id: string, parentId: string | null, role: 'user' | 'assistant') => ({
    id,
    parentId,
    role,
    content: `The text of ${id}`,
  });
  const all = [
    message('q1', null, 'user'),
    message('a1', 'q1', 'assistant'),
    message('q2', 'a1', 'user'),
    message('a2', 'q2', 'assistant'),
    message('b1', 'q1', 'assistant'),
  ];
  const history = { currentId: 'a2', messages: Object.fromEntries(all.map((each) => [each.id, each])) };
  return (await call(chats.create, { chat: { title: 'Plants', params: { temperature: 1 }, history } }, principal)).id;
}

/** The messages of a chat with what they follow on. */
const parentsIn = ({ chat }: Awaited<ReturnType<typeof call<typeof chats.get>>>) =>
  Object.fromEntries(Object.values(chat.history?.messages ?? {}).map(({ id, parentId }) => [id, parentId]));

/** An answer that waits for a worker, which there is none. */
const ask = (chatId: string, parentId: string) =>
  call(runs.accept, {
    chatId,
    parentId,
    userMessage: { id: `q-${randomUUID()}`, content: 'Go on' },
    answers: [{ messageId: `a-${randomUUID()}`, modelId: 'sim' }],
  });

describe('tags', () => {
  const add = (chatId: string, name: string) => call(tags.add, { chatId, name });
  const tag = (id: string, name: string) => ({ id, name, user_id: owner.userId, meta: null });

  it('are given once, by their names in any case, and taken away with their names', async () => {
    const [chatId, other] = [await chatOf('One'), await chatOf('Two')];
    const before = (await listed()).find(({ id }) => id === chatId);
    expect(await add(chatId, ' Machine Learning ')).toEqual({ tags: [tag('machine_learning', 'Machine Learning')] });
    expect(await add(chatId, 'machine_learning')).toEqual({ tags: [tag('machine_learning', 'Machine Learning')] });
    expect(toldRow()).toEqual({ ...before, tags: ['machine_learning'] });
    await add(other, 'Garden');
    await add(other, 'MACHINE LEARNING');
    expect((await call(tags.all, {})).tags).toEqual([
      tag('garden', 'Garden'),
      tag('machine_learning', 'Machine Learning'),
    ]);
    expect((await call(chats.get, { chatId: other })).meta).toEqual({ tags: ['garden', 'machine_learning'] });
    const tagged = async (name: string) => (await call(tags.chats, { name })).items.map(({ title }) => title);
    expect(await tagged('machine learning')).toEqual(['Two', 'One']);
    expect((await call(tags.chats, { name: 'garden', skip: 1 })).items).toEqual([]);
    expect((await add(other, 'Old\u0000 trees')).tags).toContainEqual(tag('old_trees', 'Old trees'));
    await call(tags.remove, { chatId: other, name: 'Old trees' });
    expect(await call(tags.remove, { chatId: other, name: 'garden' })).toEqual({
      tags: [tag('machine_learning', 'Machine Learning')],
    });
    await call(tags.remove, { chatId: other, name: 'garden' });
    await call(marks.archive, { chatId, archived: true });
    expect(await tagged('machine learning')).toEqual(['Two']);
    await call(chats.remove, { chatId: other });
    expect((await call(tags.all, {})).tags).toEqual([]);
    expect(await call(tags.ofChat, { chatId })).toEqual({ tags: [tag('machine_learning', 'Machine Learning')] });
    await call(chats.removeOfUser, { userId: owner.userId }, { ...userOf(), role: 'admin' });
    expect((await db.query('SELECT 1 FROM tags WHERE user_id = $1', [owner.userId])).rowCount).toBe(0);
  });

  it('that are given at once are all there, and have limits', async () => {
    const chatId = await chatOf();
    await Promise.all(Array.from({ length: 8 }, (_, n) => add(chatId, `Tag ${n % 4}`)));
    expect((await call(tags.ofChat, { chatId })).tags.map(({ id }) => id).sort()).toEqual([
      'tag_0',
      'tag_1',
      'tag_2',
      'tag_3',
    ]);
    await db.query(
      `UPDATE chats SET meta = jsonb_build_object('tags', (SELECT jsonb_agg('t' || n) FROM generate_series(1, 100) n)) WHERE id = $1`,
      [chatId],
    );
    await expect(add(chatId, 'one more')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'This chat has 100 tags, and 100 are allowed. Take one away first.',
    });
    expect((await add(chatId, 't100')).tags).toHaveLength(100);
    await db.query(`INSERT INTO tags SELECT $1, 'n' || n, 'N' FROM generate_series(1, 1000) n`, [owner.userId]);
    const another = await chatOf();
    await expect(add(another, 'new')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect((await add(another, 'n7')).tags).toEqual([tag('n7', 'N')]);
    await expect(add(another, 'NONE')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(add(another, ' \u0000 ')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('of an import are there with their names; what is no tag of ours is left out', async () => {
    const imported = (request: object) =>
      call(chats.importChat, { chatId: randomUUID(), chat: {}, createdAt: 1, updatedAt: 1, ...request });
    await imported({ meta: { tags: ['old_trees', 7, 'x'.repeat(2_000)] } });
    await imported({ meta: { tags: ['garden'] }, tags: ['Garden'] });
    expect((await call(tags.all, {})).tags).toEqual([tag('garden', 'Garden'), tag('old_trees', 'old_trees')]);
    // The previous version stores anything.
    await db.query(`UPDATE chats SET meta = '{"tags": {"a": 1}}' WHERE user_id = $1`, [owner.userId]);
    expect((await listed()).map(({ tags: ids }) => ids)).toEqual([[], []]);
    expect((await call(tags.all, {})).tags).toEqual([]);
  });
});

describe('a message', () => {
  it('is given another text in its place, and keeps its pictures', async () => {
    const chatId = await conversation();
    const picture = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const q1 = { id: 'q1', role: 'user' as const, content: [{ type: 'text', text: 'Old' }, picture] };
    await call(chats.update, { chatId, chat: { history: { messages: { q1 } } } });
    expect(told.slice(-2).map(({ data }) => data.type)).toEqual(['chat:list', 'chat:reload']);
    await call(chats.markRead, { chatId });
    const textOf = async (messageId: string, content: string) =>
      (await call(messages.edit, { chatId, messageId, content })).chat.history?.messages[messageId]?.content;
    expect(await textOf('a1', 'Another')).toBe('Another');
    expect(await textOf('q1', 'New')).toEqual([{ type: 'text', text: 'New' }, picture]);
    expect(told.slice(-2).map(({ data }) => data.type)).toEqual(['chat:list', 'chat:reload']);
    expect(toldRowOf('chat:list')).toMatchObject({ unread: false });
    await expect(textOf('nobody', 'x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(textOf('a1', 'x'.repeat(8_100_000))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const asked = (await ask(chatId, 'a2')).runs[0]!;
    await expect(textOf(asked.messageId, 'Mine')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('is deleted alone, and what followed it follows on what was before it', async () => {
    const chatId = await conversation();
    const bytes = async () =>
      (await db.query<{ bytes: string }>('SELECT bytes FROM storage_used WHERE user_id = $1', [owner.userId])).rows[0]
        ?.bytes;
    await call(chats.update, { chatId, chat: { title: 'Counted' } });
    const before = Number(await bytes());
    const left = await call(messages.remove, { chatId, messageId: 'q2' });
    expect(parentsIn(left)).toEqual({ q1: null, a1: 'q1', a2: 'a1', b1: 'q1' });
    expect(left.current_message_id).toBe('a2');
    expect(Number(await bytes())).toBeLessThan(before - 200);
    expect((await call(chats.search, { text: '"q2"' })).items).toEqual([]);
    expect(
      (await db.query(`SELECT 1 FROM search_words WHERE chat_id = $1 AND message_id = 'q2'`, [chatId])).rowCount,
    ).toBe(0);
    // Said again: the reply was lost.
    expect(await call(messages.remove, { chatId, messageId: 'q2' })).toEqual(left);
    expect((await call(messages.remove, { chatId, messageId: 'a2' })).current_message_id).toBe('a1');
  });

  it('is deleted with its branch, up to the whole chat', async () => {
    const chatId = await conversation();
    const left = await call(messages.remove, { chatId, messageId: 'a1', branch: true });
    expect(parentsIn(left)).toEqual({ q1: null, b1: 'q1' });
    expect(left.current_message_id).toBe('b1');
    const empty = await call(messages.remove, { chatId, messageId: 'q1', branch: true });
    expect(parentsIn(empty)).toEqual({});
    expect(empty.current_message_id).toBeNull();
  });

  it('is not deleted while an answer is written, and no turn follows on one that is being deleted', async () => {
    const chatId = await conversation();
    const [deleted, asked] = await Promise.allSettled([
      call(messages.remove, { chatId, messageId: 'a2' }),
      ask(chatId, 'a2'),
    ]);
    // One of them was first.
    expect([deleted.status, asked.status].sort()).toEqual(['fulfilled', 'rejected']);
    const { rows } = await db.query(
      `SELECT m.id FROM messages m WHERE m.chat_id = $1 AND m.parent_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM messages p WHERE p.chat_id = $1 AND p.id = m.parent_id)`,
      [chatId],
    );
    expect(rows).toEqual([]);
    if (asked.status === 'rejected') await ask(chatId, 'q2');
    await expect(call(messages.remove, { chatId, messageId: 'b1' })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    await expect(call(copies.fork, { chatId })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(call(copies.clone, { chatId })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });
});

describe('a copy', () => {
  it('goes up to a message, or has every branch, and is made once', async () => {
    const chatId = await conversation();
    await call(tags.add, { chatId, name: 'Garden' });
    await call(marks.pin, { chatId });
    const fork = await call(copies.fork, { chatId, messageId: 'q2' }, owner, 'fork');
    expect(await call(copies.fork, { chatId, messageId: 'q2' }, owner, 'fork')).toEqual(fork);
    expect(fork).toMatchObject({
      title: 'Plants (fork)',
      pinned: false,
      current_message_id: 'q2',
      meta: { tags: ['garden'] },
    });
    expect(fork.chat).toMatchObject({ params: { temperature: 1 }, originalChatId: chatId, branchPointMessageId: 'q2' });
    expect(parentsIn(fork)).toEqual({ q1: null, a1: 'q1', q2: 'a1' });
    expect(Object.keys(parentsIn(await call(copies.fork, { chatId })))).toEqual(['q1', 'a1', 'q2', 'a2']);
    const clone = await call(copies.clone, { chatId, title: ' Twin ' });
    const original = await call(chats.get, { chatId });
    expect(clone.chat.history).toEqual(original.chat.history);
    expect([clone.title, (await call(copies.clone, { chatId })).title]).toEqual(['Twin', 'Clone of Plants']);
    expect(await titles()).toHaveLength(5);
    // A change of the copy is none of the source.
    await call(messages.edit, { chatId: clone.id, messageId: 'q1', content: 'Changed' });
    expect(await call(chats.get, { chatId })).toEqual(original);
  });

  it('of what is not there is refused', async () => {
    await expect(call(copies.fork, { chatId: await chatOf() })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(call(copies.fork, { chatId: await conversation(), messageId: 'x' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('access', () => {
  it('to a chat is its owner’s only', async () => {
    const chatId = await conversation();
    const { version } = (await db.query<{ version: number }>('SELECT version FROM chats WHERE id = $1', [chatId]))
      .rows[0]!;
    const ofChat: [Call, unknown][] = [
      [marks.pin, { chatId, pinned: true }],
      [marks.archive, { chatId, archived: true }],
      [marks.get, { chatId }],
      [marks.unread, { chatId }],
      [tags.ofChat, { chatId }],
      [tags.add, { chatId, name: 'x' }],
      [tags.remove, { chatId, name: 'x' }],
      [messages.edit, { chatId, messageId: 'q1', content: 'Mine now' }],
      [messages.remove, { chatId, messageId: 'q1' }],
      [copies.fork, { chatId }],
      [copies.clone, { chatId }],
    ];
    for (const [which, request] of ofChat) {
      for (const stranger of everybodyElse())
        await expect(call(which, request, stranger), which.pattern).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const ofUser: [Call, unknown][] = [
      [marks.archiveAll, { archived: true }],
      [marks.countArchived, {}],
      [marks.readAll, {}],
      [tags.all, {}],
      [tags.chats, { name: 'x' }],
    ];
    for (const [which, request] of [...ofChat, ...ofUser]) {
      await expect(call(which, request, ANONYMOUS), which.pattern).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(call(which, request, { ...owner, role: 'pending' })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }
    const { rows } = await db.query('SELECT version, pinned, archived FROM chats WHERE id = $1', [chatId]);
    expect(rows).toEqual([{ version, pinned: false, archived: false }]);
  });
});
