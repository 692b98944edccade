import type { Chat, Message } from '@perennial/contracts-wire';

/** The messages that the page has of a chat, by their ids, oldest first. */
export const messagesIn = (chat: Chat | undefined): Readonly<Record<string, Message>> =>
  chat?.chat.history?.messages ?? {};

/** The id of the oldest message that the page has of a chat, if the server has older ones. */
export const earlierThan = (chat: Chat | undefined): string | undefined => chat?.chat.history?.before;

/**
 * A chat with a part of it that is older than what the page has.
 *
 * @param before what was asked for; if the page has another beginning by now, the part is of no use
 */
export function withEarlier(held: Chat, part: Chat, before: string): Chat {
  if (earlierThan(held) !== before) return held;
  // The revision stays the older one: what changed between the two is read again.
  return joined(held, held, { ...messagesIn(part), ...messagesIn(held) }, earlierThan(part));
}

/** A chat with what is newer of it. A reply without the mark is a whole one, which replaces what the page has. */
export function withNewer(held: Chat | undefined, reply: Chat): Chat {
  if (held === undefined || reply.chat.history?.since === undefined) return reply;
  return joined(held, reply, { ...messagesIn(held), ...messagesIn(reply) }, earlierThan(held));
}

function joined(held: Chat, told: Chat, messages: Record<string, Message>, before: string | undefined): Chat {
  const history = { ...held.chat.history, currentId: told.chat.history?.currentId, messages, before };
  return { ...told, chat: { ...told.chat, history } };
}
