import { routes, type TurnBody } from '@perennial/contracts-gateway';
import { call } from '@perennial/web-client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { refreshRecent } from './chat-cache';
import { chatKey, CHATS_KEY, CHATS_PER_PAGE, tasksKey } from './chat-keys';
import { joinPages } from './thread';

export function useModels() {
  return useQuery({ queryKey: ['models'], queryFn: () => call(routes.models.list, {}), staleTime: 30_000 });
}

export function useChats() {
  return useInfiniteQuery({
    queryKey: CHATS_KEY,
    queryFn: ({ pageParam }) => call(routes.chats.list, { query: { page: pageParam } }),
    initialPageParam: 1,
    getNextPageParam: (page, pages) => (page.length === CHATS_PER_PAGE ? pages.length + 1 : undefined),
  });
}

/** A chat with its newest messages, and the older ones that were fetched. */
export function useChat(chatId: string | undefined) {
  return useInfiniteQuery({
    queryKey: chatKey(chatId ?? ''),
    queryFn: ({ pageParam }) => call(routes.chats.get, { params: { id: chatId! }, query: { before: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.chat.history?.before,
    select: ({ pages }) => joinPages(pages),
    enabled: chatId !== undefined,
  });
}

/** Ids of the running answers of the chat, which a reloaded page continues to follow. */
export function useRunningTasks(chatId: string | undefined) {
  return useQuery({
    queryKey: tasksKey(chatId ?? ''),
    queryFn: () => call(routes.tasks.list, { params: { id: chatId! } }),
    enabled: chatId !== undefined,
    staleTime: 0,
  });
}

export function useSendTurn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TurnBody) => call(routes.completions.sendTurn, { body }),
    onSuccess: (reply) => {
      void refreshRecent(client);
      void client.invalidateQueries({ queryKey: chatKey(reply.chat_id) });
    },
  });
}

export function useStop(chatId: string | undefined) {
  return useMutation({ mutationFn: () => call(routes.tasks.stopAll, { params: { id: chatId! } }) });
}

export function useDeleteChat() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (chatId: string) => call(routes.chats.remove, { params: { id: chatId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: CHATS_KEY }),
  });
}
