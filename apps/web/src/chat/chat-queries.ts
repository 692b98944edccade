import type { RouteBody, routes as declared, TurnBody } from '@perennial/contracts-gateway';
import { call, routes } from '@perennial/web-client';
import {
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useConfig } from '../house/use-config';
import { t } from '../messages';
import { showToast } from '../ui/toasts';
import { patchTitle, refreshRecent } from './chat-cache';
import { chatKey, CHATS_KEY, CHATS_PER_PAGE, PINNED_KEY, tasksKey } from './chat-keys';
import type { Delivery } from './delivery';

type ChatChange = RouteBody<typeof declared.chats.update>['chat'];

/** Only what choosing one needs. The browser keeps the list, and is told when it is still the same. */
const MODELS = {
  queryKey: ['models'],
  queryFn: () => call(routes.models.picker, { query: { view: 'picker' } }),
  staleTime: 30_000,
};

export function useModels() {
  return useQuery(MODELS);
}

/** The model that the administrator offers to who has chosen none. */
export function useHouseModel(): string | undefined {
  const config = useConfig();
  return config.data?.default_models?.split(',')[0]?.trim() || undefined;
}

/** The model of a message that was sent before the models were listed. */
async function firstModel(client: QueryClient): Promise<string> {
  const [first] = (await client.fetchQuery(MODELS)).data;
  if (!first) throw new Error(t('model.noneAdd'));
  return first.id;
}

export function useChats() {
  return useInfiniteQuery({
    queryKey: CHATS_KEY,
    queryFn: ({ pageParam }) => call(routes.chats.list, { query: { page: pageParam, include_pinned: 'true' } }),
    initialPageParam: 1,
    getNextPageParam: (page, pages) => (page.length === CHATS_PER_PAGE ? pages.length + 1 : undefined),
  });
}

/** All pinned chats: they are few, and may be old. */
export function usePinnedChats() {
  return useQuery({ queryKey: PINNED_KEY, queryFn: () => call(routes.chats.pinned, {}) });
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

interface Turn {
  /** Empty while the models are not known. */
  model: string;
  /** With the same key it is the same turn, however often it is sent. */
  key: string;
  toBody: (model: string) => TurnBody;
}

export function useSendTurn(delivery: Delivery) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ model, key, toBody }: Turn) => {
      let body: TurnBody | undefined;
      return delivery.send(async () => {
        body ??= toBody(model || (await firstModel(client)));
        return call(routes.completions.sendTurn, { body }, { idempotencyKey: key });
      });
    },
    onSuccess: (reply) => {
      void refreshRecent(client);
      void client.invalidateQueries({ queryKey: chatKey(reply.chat_id) });
    },
  });
}

/** Changes a chat; what is not named stays, also what another page has added meanwhile. */
export function useChangeChat() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ chatId, chat }: { chatId: string; chat: ChatChange }) =>
      call(routes.chats.update, { params: { id: chatId }, body: { chat } }),
    onSuccess: (_, { chatId }) => client.invalidateQueries({ queryKey: chatKey(chatId), exact: true }),
  });
}

export function useStop(chatId: string | undefined) {
  return useMutation({ mutationFn: () => call(routes.tasks.stopAll, { params: { id: chatId! } }) });
}

/** Chats with a text in their titles or messages; what was found for the text before is shown until then. */
export function useChatSearch(text: string) {
  return useInfiniteQuery({
    queryKey: ['chat-search', text],
    queryFn: ({ pageParam }) => call(routes.chats.search, { query: { text, page: pageParam } }),
    initialPageParam: 1,
    getNextPageParam: (page, pages) => (page.length === CHATS_PER_PAGE ? pages.length + 1 : undefined),
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
}

/** Gives a chat another title, which is shown at once. */
export function useRenameChat() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ chatId, title }: { chatId: string; title: string }) =>
      call(routes.chats.update, { params: { id: chatId }, body: { chat: { title } } }),
    onMutate: ({ chatId, title }) => patchTitle(client, chatId, title),
    onError: (error, { chatId }) => {
      showToast({ key: `rename ${chatId}`, text: t('chats.notRenamed', { reason: error.message }) });
      void client.invalidateQueries({ queryKey: CHATS_KEY });
      void client.invalidateQueries({ queryKey: chatKey(chatId), exact: true });
    },
  });
}
