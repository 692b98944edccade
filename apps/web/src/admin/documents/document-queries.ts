import type { RouteBody, RouteReply, routes as declared } from '@perennial/contracts-gateway';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

const SETTINGS_KEY = ['admin', 'documents'];
/** Also read by the state of the index, with its progress alone. */
const EMBEDDING_KEY = ['admin', 'embedding'];
const INDEX_KEY = ['embedding'];

export type DocumentSettings = RouteReply<typeof declared.retrieval.config>;
export type DocumentChange = RouteBody<typeof declared.retrieval.updateConfig>;
export type Embedding = RouteReply<typeof declared.retrieval.embedding>;
export type EmbeddingChange = RouteBody<typeof declared.retrieval.updateEmbedding>;

export function useDocumentSettings() {
  return useQuery({ queryKey: SETTINGS_KEY, queryFn: () => call(routes.retrieval.config, {}) });
}

/** Changes some settings; the others stay as somebody else may have set them meanwhile. */
export function useSaveDocumentSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: DocumentChange) => call(routes.retrieval.updateConfig, { body }),
    onSuccess: (saved) => client.setQueryData(SETTINGS_KEY, saved),
  });
}

export function useEmbedding() {
  return useQuery({ queryKey: EMBEDDING_KEY, queryFn: () => call(routes.retrieval.embedding, {}) });
}

export function useSaveEmbedding() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: EmbeddingChange) => call(routes.retrieval.updateEmbedding, { body }),
    onSuccess: (saved) => client.setQueryData(EMBEDDING_KEY, saved),
    onSettled: () => client.invalidateQueries({ queryKey: INDEX_KEY }),
  });
}
