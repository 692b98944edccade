import { chats } from '@perennial/contracts-chat';
import type { CallReply } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { tagsOf } from '../../http/entity-tag';

const ID = '7e46a2ed-1dc3-4221-a341-a370ad0fe576';
const chat = {
  ...{ id: ID, user_id: ID, title: 'Plants', created_at: 1, updated_at: 1, share_id: null, archived: false },
  ...{ pinned: false, meta: {}, variables: {}, folder_id: null, current_message_id: null, last_read_at: null },
  chat: { history: { currentId: null, messages: {} } },
} satisfies CallReply<typeof chats.get>;

describe('a chat as it is read', () => {
  let edge: Edge;
  let headers: { authorization: string };
  beforeAll(async () => {
    edge = await startEdge();
    ({ headers } = edge.account('user'));
    edge.rpc.on(chats.get, ({ unless }) =>
      unless === '00000001-2-3' ? { ...chat, unchanged: true as const } : { ...chat, revision: '00000001-2-3' },
    );
  });
  afterAll(() => edge.close());
  const read = (query = '', more: Record<string, string> = {}) =>
    edge.app.inject({ method: 'GET', url: `/api/v1/chats/${ID}${query}`, headers: { ...headers, ...more } });

  it('has a revision, which is its entity tag, and is not kept by browsers', async () => {
    const reply = await read();
    expect(reply.json()).toMatchObject({ title: 'Plants', revision: '00000001-2-3' });
    expect(reply.headers).toMatchObject({ etag: 'W/"00000001-2-3"', 'cache-control': 'no-store' });
  });

  it('is not sent to who has it', async () => {
    const reply = await read('', { 'if-none-match': '"other", W/"00000001-2-3"' });
    expect(reply.statusCode).toBe(200);
    const same = await read('', { 'if-none-match': 'W/"00000001-2-3"' });
    expect([same.statusCode, same.body, same.headers.etag]).toEqual([304, '', 'W/"00000001-2-3"']);
  });

  it('comes without a tag from a service of the previous release', async () => {
    edge.rpc.on(chats.get, () => chat);
    const reply = await read('?tail=60');
    expect([reply.statusCode, reply.headers.etag]).toEqual([200, undefined]);
  });

  it.each(['tail=0', 'tail=2001', 'tail=x', 'tail=1&tail=2', `since=${'1'.repeat(61)}`])(
    'refuses %s',
    async (query) => {
      expect((await read(`?${query}`)).statusCode).toBe(422);
    },
  );

  it.each(['', '/outline'])('%s of a stranger is refused', async (path) => {
    const url = `/api/v1/chats/${ID}${path}`;
    expect((await edge.app.inject({ method: 'GET', url })).statusCode).toBe(401);
    expect((await edge.app.inject({ method: 'GET', url, headers: edge.account('pending').headers })).statusCode).toBe(
      403,
    );
  });
});

it('entity tags are read as far as they are ours', () => {
  const of = (given: string) => tagsOf({ headers: { 'if-none-match': given } });
  expect(of('W/"a-1", "b"')).toEqual(['a-1', 'b']);
  expect([of('*'), of(''), of('"un"closed'), of(`"${'x'.repeat(100)}"`), tagsOf({ headers: {} })]).toEqual([
    ...[[], [], ['un'], [], []],
  ]);
  expect(of('"a",'.repeat(100_000)).length).toBe(10);
});
