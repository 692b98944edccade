import type { Chat } from '@perennial/contracts-wire';
import { QueryClient } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { chatKey } from '../chat-keys';
import { DROPPING } from '../dropped';

const chatOf = (id: string) => {
  const messages = Object.fromEntries(
    ['q', 'a'].map((one) => [one, { id: one, parentId: one === 'a' ? 'q' : null, childrenIds: [], role: 'user' }]),
  );
  return { id, chat: { history: { currentId: 'a', messages } } } as unknown as Chat;
};
const idsIn = (chat: Chat) => Object.keys(DROPPING.get().from(chat)?.chat.history?.messages ?? {});

it('a message that is deleted in a fork is still shown in the original, and each has an extent of its own', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', () => undefined);
  const { deleteMessage } = await import('./message-deletions');
  const client = new QueryClient();
  const [original, fork] = [chatOf('original'), chatOf('fork')];
  for (const chat of [original, fork]) client.setQueryData(chatKey(chat.id), chat);
  const onBack = () => undefined;
  await deleteMessage({ chatId: 'fork', messageId: 'q', extent: 'branch', client, onBack });
  expect([idsIn(fork), idsIn(original)]).toEqual([[], ['q', 'a']]);
  await deleteMessage({ chatId: 'original', messageId: 'q', extent: 'alone', client, onBack });
  expect([idsIn(fork), idsIn(original)]).toEqual([[], ['a']]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
