import type { Chat, Message } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { earlierThan, withEarlier } from '../../chat-parts';

/** A chat with all of its messages, however many replies they take. */
export async function wholeChat(chatId: string): Promise<Chat> {
  const pages: Chat[] = [];
  let before: string | undefined;
  do {
    const page = await call(routes.chats.get, { params: { id: chatId }, query: { before } });
    pages.push(page);
    before = page.chat.history?.before;
  } while (before !== undefined);
  return joined(pages);
}

/** The pages of a chat as one: every message knows all that follow it, and nothing is left to fetch. */
export function joined(pages: readonly Chat[]): Chat {
  const chat = pages.reduce((newer, older) => withEarlier(newer, older, earlierThan(newer) ?? ''));
  const { before: _, messages = {}, ...history } = chat.chat.history ?? {};
  const children = new Map<string, string[]>();
  for (const { id, parentId } of Object.values(messages)) {
    if (parentId) children.set(parentId, [...(children.get(parentId) ?? []), id]);
  }
  const whole = Object.values(messages).map((message): [string, Message] => [
    message.id,
    { ...message, childrenIds: children.get(message.id) ?? [] },
  ]);
  return { ...chat, chat: { ...chat.chat, history: { ...history, messages: Object.fromEntries(whole) } } };
}
