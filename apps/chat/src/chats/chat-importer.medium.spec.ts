import { randomUUID } from 'node:crypto';
import { chats } from '@perennial/contracts-chat';
import { ANONYMOUS, type CallRequest, type Principal, type UserPrincipal } from '@perennial/contracts-kernel';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../test/replicas';

type Request = CallRequest<typeof chats.importChat>;
type Messages = NonNullable<NonNullable<Request['chat']['history']>['messages']>;

const person = (role: 'user' | 'pending' = 'user'): UserPrincipal => ({
  kind: 'user',
  userId: randomUUID(),
  role,
  sessionId: 's',
});

/** A question with two answers, of which the second goes on. */
const MESSAGES = {
  u1: { id: 'u1', parentId: null, childrenIds: ['a1', 'a2'], role: 'user', content: 'Which perennials flower in May?' },
  a1: { id: 'a1', parentId: 'u1', childrenIds: [], role: 'assistant', content: 'Peonies.', model: 'sim' },
  a2: { id: 'a2', parentId: 'u1', childrenIds: ['u2'], role: 'assistant', content: 'Irises.', model: 'sim' },
  u2: { id: 'u2', parentId: 'a2', childrenIds: [], role: 'user', content: 'And in June?' },
} satisfies Messages;

/** Real: Postgres, Redis, the transport, two replicas of the module that answer calls. */
describe('a chat of another product', () => {
  let started: ChatReplicas;
  beforeAll(async () => {
    started = await startReplicas('imports');
  });
  afterAll(() => started.stop());

  const request = (changes: Partial<Request> = {}): Request => ({
    chatId: randomUUID(),
    chat: { title: 'Flowers', models: ['sim'], tags: ['garden'], history: { currentId: 'u2', messages: MESSAGES } },
    meta: { tags: ['garden'] },
    pinned: true,
    archived: false,
    createdAt: 1_700_000_000,
    updatedAt: 1_710_000_000,
    ...changes,
  });
  const importIt = (given: Request, principal: Principal) =>
    started.caller.rpc.call(chats.importChat, given, { principal });
  const read = (chatId: string, principal: Principal) => started.caller.rpc.call(chats.get, { chatId }, { principal });

  it('keeps its id, times, tags and branches, and can be searched', async () => {
    const owner = person();
    const given = request();
    expect(await importIt(given, owner)).toEqual({ created: true, added: 4 });
    const chat = await read(given.chatId, owner);
    expect(chat).toMatchObject({
      id: given.chatId,
      title: 'Flowers',
      created_at: 1_700_000_000,
      updated_at: 1_710_000_000,
      pinned: true,
      archived: false,
      meta: { tags: ['garden'] },
      current_message_id: 'u2',
    });
    expect(chat.chat.history?.messages['u1']?.childrenIds).toEqual(['a1', 'a2']);
    expect(chat.chat.history?.messages['u2']).toMatchObject({ parentId: 'a2', content: 'And in June?' });
    await waitFor(
      async () => {
        const search = { text: 'peonies' };
        return (await started.caller.rpc.call(chats.search, search, { principal: owner })).items.length === 1;
      },
      { what: 'the chat to be found' },
    );
  });

  it('comes once, also in two calls at the same moment', async () => {
    const owner = person();
    const given = request();
    const both = await Promise.all([importIt(given, owner), importIt(given, owner)]);
    expect(both.map(({ created, added }) => [created, added]).sort()).toEqual([
      [false, 0],
      [true, 4],
    ]);
  });

  it('may come in parts, and leaves what was written here meanwhile', async () => {
    const owner = person();
    const { u1, a1, a2, u2 } = MESSAGES;
    const given = request();
    const part = (messages: Messages): Request => ({
      ...given,
      chat: { ...given.chat, history: { currentId: 'u2', messages } },
    });
    await importIt(part({ u1, a1 }), owner);
    const written = { ...a1, childrenIds: [], content: 'Peonies!' };
    const chat = { title: 'Mine', history: { currentId: 'a1', messages: { a1: written } } };
    await started.caller.rpc.call(chats.update, { chatId: given.chatId, chat }, { principal: owner });
    expect(await importIt(part({ a2, u2 }), owner)).toEqual({ created: false, added: 2 });
    expect(await importIt(part({ u1, a1 }), owner)).toEqual({ created: false, added: 0 });
    const now = await read(given.chatId, owner);
    expect(now.title).toBe('Mine');
    expect(now.chat.history?.messages['a1']?.content).toBe('Peonies!');
    expect(now.chat.history?.messages['u2']?.parentId).toBe('a2');
  });

  it('of another person is not touched', async () => {
    const given = request();
    await importIt(given, person());
    await expect(importIt(given, person())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['nobody', ANONYMOUS, 'UNAUTHENTICATED'],
    ['a service', { kind: 'service', name: 'gateway' }, 'UNAUTHENTICATED'],
    ['an account that waits', person('pending'), 'PERMISSION_DENIED'],
  ] as [string, Principal, string][])('is not imported by %s', async (_, principal, code) => {
    await expect(importIt(request(), principal)).rejects.toMatchObject({ code });
  });
});
