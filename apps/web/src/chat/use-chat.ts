import type { Chat } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { mayAskAgain } from '../wire/ask-again';
import { chatKey } from './chat-keys';
import { earlierThan, messagesIn, withEarlier, withNewer } from './chat-parts';
import { whenIdle } from './transcript/use-gradually';

/** Messages that a chat is opened with. */
const FIRST = 60;
/** Earlier ones that are fetched at a time. */
const PART = 200;
/** So many come by themselves, in idle moments; the browser finds text in them. */
const KEPT = 2_000;

/**
 * Reads a chat: its end at first, then only what is newer than what the page has. A read that finds nothing new is a few hundred bytes, so the
 * page reads after each event, each lost connection, and when it is seen again.
 */
export async function readChat(client: QueryClient, id: string, first = FIRST): Promise<Chat> {
  const held = () => client.getQueryData<Chat>(chatKey(id));
  const had = held();
  const tail = Math.min(KEPT, Math.max(first, Object.keys(messagesIn(had)).length));
  const query = { tail, since: had?.revision, from: earlierThan(had) };
  const reply = await call(routes.chats.get, { params: { id }, query });
  // Earlier messages may have come meanwhile.
  const now = held();
  const chat = withNewer(now ?? had, reply);
  const isPart = reply.chat.history?.since !== undefined;
  // What changed of them before this reply is not in it: the next read asks from the same revision.
  return isPart && earlierThan(now) !== query.from ? { ...chat, revision: had?.revision } : chat;
}

async function readEarlier(client: QueryClient, id: string): Promise<void> {
  const before = earlierThan(client.getQueryData<Chat>(chatKey(id)));
  if (before === undefined) return;
  const part = await call(routes.chats.get, { params: { id }, query: { before, tail: PART } });
  client.setQueryData<Chat>(chatKey(id), (held) => held && withEarlier(held, part, before));
}

const chatQuery = (client: QueryClient, id: string, first = FIRST) =>
  queryOptions({ queryKey: chatKey(id), queryFn: () => readChat(client, id, first) });

/** The same read before the chat is opened. What nobody waits for is not asked for again; the reader may open it meanwhile. */
export const chatAhead = (client: QueryClient, id: string) => ({
  ...chatQuery(client, id),
  retry: (failures: number, error: Error) =>
    client
      .getQueryCache()
      .find({ queryKey: chatKey(id) })
      ?.isActive() === true && mayAskAgain(failures, error),
});

/**
 * A chat, by its end first; the earlier messages come in idle moments.
 *
 * @param whole the reader was far from its end: as much of it as there may be is read at once
 */
export function useChat(chatId: string | undefined, whole: boolean) {
  const client = useQueryClient();
  const chat = useQuery({
    ...chatQuery(client, chatId ?? '', whole ? KEPT : FIRST),
    enabled: chatId !== undefined,
  });
  const earlier = useMutation({ mutationFn: (id: string) => readEarlier(client, id) });
  const { mutate, reset, isPending, isError } = earlier;
  useEffect(reset, [chatId, reset]);
  const before = earlierThan(chat.data);
  const state = stateOf(chat.data, { isPending, isError });
  useEffect(
    () => (chatId !== undefined && state === 'idle' ? whenIdle(() => mutate(chatId)) : undefined),
    [chatId, before, state, mutate],
  );
  return {
    ...chat,
    earlier: {
      state,
      waits: state === 'asked' || state === 'failed',
      fetch: () => void (chatId !== undefined && mutate(chatId)),
      /** Resolves when all of the chat is here; rejects when a part does not come. */
      all: async () => {
        while (chatId !== undefined && earlierThan(client.getQueryData<Chat>(chatKey(chatId))) !== undefined) {
          await readEarlier(client, chatId);
        }
      },
    },
  };
}

/**
 * The messages that are earlier than those of the page: there are none (`none`), they come in the next idle moment (`idle`), are on their way
 * (`coming`), come when they are asked for (`asked`), or did not come (`failed`).
 */
type Earlier = 'none' | 'idle' | 'coming' | 'asked' | 'failed';

function stateOf(chat: Chat | undefined, { isPending, isError }: { isPending: boolean; isError: boolean }): Earlier {
  if (earlierThan(chat) === undefined) return 'none';
  if (isPending) return 'coming';
  if (isError) return 'failed';
  return Object.keys(messagesIn(chat)).length < KEPT ? 'idle' : 'asked';
}
