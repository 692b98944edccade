import { randomUUID } from 'node:crypto';
import { type ChatListItem, chats, marks } from '@perennial/contracts-chat';
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

describe('access', () => {
  it('to a chat is its owner’s only', async () => {
    const chatId = await chatOf();
    const { version } = (await db.query<{ version: number }>('SELECT version FROM chats WHERE id = $1', [chatId]))
      .rows[0]!;
    const ofChat: [Call, unknown][] = [
      [marks.pin, { chatId, pinned: true }],
      [marks.archive, { chatId, archived: true }],
      [marks.get, { chatId }],
      [marks.unread, { chatId }],
    ];
    for (const [which, request] of ofChat) {
      for (const stranger of everybodyElse())
        await expect(call(which, request, stranger), which.pattern).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const ofUser: [Call, unknown][] = [
      [marks.archiveAll, { archived: true }],
      [marks.countArchived, {}],
      [marks.readAll, {}],
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
