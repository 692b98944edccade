import type { Chat, Message } from '@perennial/contracts-wire';
import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import { chatKey } from './chat-keys';
import { earlierThan, messagesIn, withEarlier, withNewer } from './chat-parts';
import { questionsBefore } from './outline';
import { readChat } from './use-chat';

const message = (id: string, parentId: string | null, content = id): Message => ({
  ...{ id, parentId, childrenIds: [], role: 'user', content },
});

interface Told {
  before?: string;
  since?: string;
  currentId?: string;
  revision?: string;
}

function chatOf(messages: Message[], { revision, currentId = messages.at(-1)?.id, ...marks }: Told = {}): Chat {
  const history = { currentId, messages: Object.fromEntries(messages.map((each) => [each.id, each])), ...marks };
  return { title: 'Told', chat: { history }, revision } as unknown as Chat;
}
const ids = (chat: Chat) => Object.keys(messagesIn(chat));

afterEach(() => vi.unstubAllGlobals());

it('earlier messages come before the others, which stay the same objects', () => {
  const held = chatOf([message('c', 'b'), message('d', 'c')], { before: 'c', revision: 'r1' });
  const part = chatOf([message('a', null), message('b', 'a')], { before: 'a', revision: 'r2' });
  const whole = withEarlier(held, part, 'c');
  expect([ids(whole), earlierThan(whole), whole.revision]).toEqual([['a', 'b', 'c', 'd'], 'a', 'r1']);
  expect(messagesIn(whole)['d']).toBe(messagesIn(held)['d']);
  // The chat was read anew meanwhile.
  expect(withEarlier(held, part, 'x')).toBe(held);
});

it('what is newer replaces what changed and is added at the end; a whole reply replaces all', () => {
  const held = chatOf([message('c', 'b'), message('d', 'c')], { before: 'c', revision: 'r1' });
  const newer = chatOf([message('c', 'b', 'changed'), message('e', 'd')], { since: 'r1', revision: 'r2' });
  const joined = withNewer(held, newer);
  expect([ids(joined), earlierThan(joined), joined.revision]).toEqual([['c', 'd', 'e'], 'c', 'r2']);
  expect(messagesIn(joined)['c']?.content).toBe('changed');
  expect(messagesIn(joined)['d']).toBe(messagesIn(held)['d']);
  expect(joined.chat.history?.since).toBeUndefined();
  const whole = chatOf([message('x', null)], { revision: 'r3' });
  expect(withNewer(held, whole)).toBe(whole);
  expect(withNewer(undefined, newer)).toBe(newer);
});

it('a page asks for the end of a chat, then for what is newer, and keeps what came meanwhile', async () => {
  const client = new QueryClient();
  const asked: URLSearchParams[] = [];
  const replies: ((chat: Chat) => void)[] = [];
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(new URL(address, 'http://here').searchParams);
    return new Promise((reply) => replies.push((chat) => reply(new Response(JSON.stringify(chat)))));
  });
  const read = (first?: number) => readChat(client, 'x', first);
  const first = read();
  replies[0]?.(chatOf([message('c', 'b')], { before: 'c', revision: 'r1' }));
  client.setQueryData(chatKey('x'), await first);
  const again = read();
  // Earlier messages arrive while the newer ones are on their way.
  client.setQueryData<Chat>(chatKey('x'), (held) => withEarlier(held!, chatOf([message('b', null)]), 'c'));
  replies[1]?.(chatOf([message('d', 'c')], { since: 'r1', revision: 'r2' }));
  expect(ids(await again)).toEqual(['b', 'c', 'd']);
  expect(asked.map((query) => Object.fromEntries(query))).toEqual([
    { tail: '60' },
    { tail: '60', since: 'r1', from: 'c' },
  ]);
});

it('the questions that the page does not have yet are those of the shown branch, and a circle of parents ends', () => {
  const items = [
    ...[
      { id: 'u1', parent_id: null, role: 'user' as const, text: 'One' },
      { id: 'a1', parent_id: 'u1', role: 'assistant' as const, text: 'Answer' },
    ],
    { id: 'other', parent_id: 'a1', role: 'user' as const, text: 'Of another branch' },
    { id: 'u2', parent_id: 'a1', role: 'user' as const, text: 'Two' },
  ];
  expect(questionsBefore({ current_id: 'u2', items }, 'u2').map(({ words }) => words)).toEqual(['One', 'Two']);
  expect(questionsBefore({ current_id: 'u2', items }, null)).toEqual([]);
  expect(questionsBefore(undefined, 'u2')).toEqual([]);
  items[0] = { ...items[0]!, parent_id: 'u2' } as never;
  expect(questionsBefore({ current_id: 'u2', items }, 'u2')).toHaveLength(2);
});
