import { randomUUID } from 'node:crypto';
import { chats, copies, marks, messages, tags } from '@perennial/contracts-chat';
import type { Call } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

/** Only the edge: what a request becomes. */
let edge: Edge;
let headers: { authorization: string };
const chatId = randomUUID();
const base = `/api/v1/chats/${chatId}`;
const whole = { id: chatId, user_id: randomUUID(), title: 'Plants', chat: {}, created_at: 1, updated_at: 1, share_id: null, archived: false, pinned: true, meta: {}, variables: {}, folder_id: null, current_message_id: null, last_read_at: 1 }; // prettier-ignore

beforeAll(async () => {
  edge = await startEdge();
  ({ headers } = edge.account('user'));
  edge.rpc.on(chats.list, () => ({ items: [] })).on(tags.chats, () => ({ items: [] }));
  for (const call of [marks.pin, marks.archive, messages.edit, messages.remove, copies.fork, copies.clone])
    edge.rpc.on(call, () => whole);
  for (const call of [tags.ofChat, tags.add, tags.remove]) edge.rpc.on(call, () => ({ tags: [] }));
  edge.rpc
    .on(chats.create, () => whole)
    .on(tags.all, () => ({ tags: [] }))
    .on(marks.readAll, () => ({ changed: 3 }));
  edge.rpc.on(marks.archiveAll, () => ({ changed: 3 })).on(marks.countArchived, () => ({ count: 7 }));
  edge.rpc.on(marks.get, () => ({ pinned: true, archived: false }));
  edge.rpc.on(marks.unread, () => ({ chatId, lastReadAt: 5, folderId: null }));
});
afterAll(() => edge.close());

const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
  const reply = await edge.app.inject({ method, url, headers, ...(payload && { payload }) });
  const { pattern, request } = edge.rpc.calls.at(-1)!;
  return { status: reply.statusCode, pattern, request, body: reply.json<unknown>() };
};

it.each<['GET' | 'POST' | 'DELETE', string, object | undefined, Call, object]>([
  ['POST', `${base}/pin`, undefined, marks.pin, { chatId }],
  ['POST', `${base}/pin`, {}, marks.pin, { chatId }],
  ['POST', `${base}/pin`, { pinned: false }, marks.pin, { chatId, pinned: false }],
  ['POST', `${base}/archive`, { archived: true }, marks.archive, { chatId, archived: true }],
  ['POST', '/api/v1/chats/archive/all', undefined, marks.archiveAll, { archived: true }],
  ['POST', '/api/v1/chats/unarchive/all', undefined, marks.archiveAll, { archived: false }],
  ['GET', '/api/v1/chats/?page=2', undefined, chats.list, { page: 2, pinned: false, archived: false }],
  ['GET', '/api/v1/chats/?include_pinned=true&include_folders=true', undefined, chats.list, { archived: false }],
  ['GET', '/api/v1/chats/pinned', undefined, chats.list, { pinned: true, archived: false }],
  [
    'GET',
    '/api/v1/chats/archived?page=1&query=a&order_by=title&direction=asc',
    undefined,
    chats.list,
    { page: 1, archived: true, title: 'a', sortBy: 'title', direction: 'asc' },
  ],
  ['GET', `${base}/tags`, undefined, tags.ofChat, { chatId }],
  ['POST', `${base}/tags`, { name: ' Old Trees ' }, tags.add, { chatId, name: 'Old Trees' }],
  ['DELETE', `${base}/tags`, { name: 'Old Trees' }, tags.remove, { chatId, name: 'Old Trees' }],
  ['POST', '/api/v1/chats/tags', { name: 'x', skip: 9 }, tags.chats, { name: 'x', skip: 9, limit: 50 }],
  ['POST', `${base}/messages/m`, { content: 'x' }, messages.edit, { chatId, messageId: 'm', content: 'x' }],
  ['DELETE', `${base}/messages/m`, undefined, messages.remove, { chatId, messageId: 'm', branch: false }],
  ['DELETE', `${base}/messages/m?branch=true`, undefined, messages.remove, { chatId, messageId: 'm', branch: true }],
  ['POST', `${base}/fork`, undefined, copies.fork, { chatId }],
  ['POST', `${base}/fork`, { message_id: 'm' }, copies.fork, { chatId, messageId: 'm' }],
  ['POST', `${base}/clone`, { title: 'Twin' }, copies.clone, { chatId, title: 'Twin' }],
])('%s %s %j', async (method, url, payload, { pattern }, request) => {
  expect(await ask(method, url, payload)).toMatchObject({ status: 200, pattern, request });
});

it('a chat is made once for each key, and a key that is none is refused', async () => {
  const create = (key?: string) => {
    const keyed = key === undefined ? headers : { ...headers, 'idempotency-key': key };
    return edge.app.inject({ method: 'POST', url: '/api/v1/chats/new', headers: keyed, payload: { chat: {} } });
  };
  expect((await create('one 1')).statusCode).toBe(200);
  expect(edge.rpc.calls.at(-1)).toMatchObject({ pattern: chats.create.pattern, key: 'one 1' });
  expect((await create()).statusCode).toBe(200);
  expect(edge.rpc.calls.at(-1)).toMatchObject({ pattern: chats.create.pattern, key: undefined });
  const before = edge.rpc.commands.length;
  expect((await create('x'.repeat(256))).statusCode).toBe(422);
  expect(edge.rpc.commands.length).toBe(before);
});

it('replies are those of the wire', async () => {
  expect((await ask('GET', `${base}/pinned`)).body).toBe(true);
  expect((await ask('GET', '/api/v1/chats/archived/count')).body).toBe(7);
  expect((await ask('POST', '/api/v1/chats/archive/all')).body).toBe(true);
  expect((await ask('POST', '/api/v1/chats/read')).body).toBe(true);
  expect((await ask('GET', '/api/v1/chats/all/tags')).body).toEqual([]);
  expect((await ask('POST', `${base}/unread`)).body).toEqual({
    chat_id: chatId,
    last_read_at: 5,
    folder_id: null,
    folder_unread_counts: {},
  });
});

it('a name that no tag can have is refused', async () => {
  const before = edge.rpc.commands.length;
  for (const name of ['', '  ', 'x'.repeat(101), 'x'.repeat(10_000), 7])
    expect((await ask('POST', `${base}/tags`, { name })).status).toBe(422);
  expect(edge.rpc.commands.length).toBe(before);
});
