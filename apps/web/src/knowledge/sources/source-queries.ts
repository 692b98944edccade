import type { RouteBody, routes as declared } from '@perennial/contracts-gateway';
import type { KnowledgeSource } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

export type NewSource = RouteBody<typeof declared.knowledgeSources.create>;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

export const DOCUMENT_STATUSES = ['waiting', 'stored', 'duplicate', 'skipped', 'failed', 'absent'] as const;

const LOOK_EACH_MS = 2_000;
const DOCUMENTS_PER_PAGE = 50;

const keyOf = (baseId: string) => ['knowledge-base', baseId, 'sources'];

/** The sources of a base; looked at again and again while one of them is read. */
export function useSources(baseId: string) {
  return useQuery({
    queryKey: keyOf(baseId),
    queryFn: async () => (await call(routes.knowledgeSources.list, { params: { id: baseId } })).items,
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status !== 'idle') ? LOOK_EACH_MS : false),
  });
}

export function useSourceChanges(baseId: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ['knowledge-base', baseId] });
  const params = (sourceId: string) => ({ id: baseId, sourceId });
  return {
    add: useMutation({
      mutationFn: (body: NewSource) => call(routes.knowledgeSources.create, { params: { id: baseId }, body }),
      onSettled,
    }),
    sync: useMutation({
      mutationFn: (id: string) => call(routes.knowledgeSources.sync, { params: params(id) }),
      onSettled,
    }),
    plan: useMutation({
      mutationFn: ({ id, interval }: Pick<KnowledgeSource, 'id' | 'interval'>) =>
        call(routes.knowledgeSources.update, { params: params(id), body: { interval } }),
      onSettled,
    }),
    remove: useMutation({
      mutationFn: (id: string) => call(routes.knowledgeSources.remove, { params: params(id) }),
      onSettled,
    }),
  };
}

/** What a source has found, by the page. */
export function useSourceDocuments(baseId: string, sourceId: string, status: DocumentStatus | undefined) {
  return useInfiniteQuery({
    queryKey: [...keyOf(baseId), sourceId, status],
    queryFn: async ({ pageParam }) => {
      const query = { status, after: pageParam, limit: DOCUMENTS_PER_PAGE };
      return (await call(routes.knowledgeSources.documents, { params: { id: baseId, sourceId }, query })).items;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.length === DOCUMENTS_PER_PAGE ? page.at(-1)?.address : undefined),
  });
}
