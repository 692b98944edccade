import type { PendingFile } from '@perennial/contracts-wire';
import { call, followPendingFiles, routes } from '@perennial/web-client';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

const BASES_KEY = ['knowledge'];
const INDEX_KEY = ['embedding'];
const baseKey = (baseId: string) => ['knowledge-base', baseId];
const filesKey = (baseId: string) => [...baseKey(baseId), 'files'];

/** Interval of polls while an index is built. */
const LOOK_AT_INDEX_MS = 3_000;

/** Name and description of a base. */
export interface BaseWords {
  name: string;
  description: string;
}

/** The next page, if there is one. */
function nextPage<P extends { items: unknown[]; total: number }>(page: P, pages: P[]): number | undefined {
  const loaded = pages.reduce((sum, { items }) => sum + items.length, 0);
  return loaded < page.total && pages.at(-1)?.items.length !== 0 ? pages.length + 1 : undefined;
}

export function useBases(query: string) {
  return useInfiniteQuery({
    queryKey: [...BASES_KEY, query],
    queryFn: ({ pageParam }) => call(routes.knowledge.search, { query: { query, page: pageParam } }),
    initialPageParam: 1,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });
}

export function useBase(baseId: string) {
  return useQuery({
    queryKey: baseKey(baseId),
    queryFn: () => call(routes.knowledge.get, { params: { id: baseId } }),
  });
}

/** What is in a directory, or with a text all files whose name contains it. @param directoryId null: the top level */
export function useBaseFiles(baseId: string, query: string, directoryId: string | null) {
  const within = query === '' ? { directory_id: directoryId ?? '' } : {};
  return useInfiniteQuery({
    queryKey: [...filesKey(baseId), query, within],
    queryFn: ({ pageParam }) =>
      call(routes.knowledge.files, {
        params: { id: baseId },
        query: { query, page: pageParam, order_by: 'created_at', direction: 'desc', ...within },
      }),
    initialPageParam: 1,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });
}

/** The directories in one, and the way to it. */
export function useFolder(baseId: string, directoryId: string | null) {
  return useQuery({
    queryKey: [...filesKey(baseId), 'folder', directoryId],
    queryFn: () =>
      call(routes.knowledge.files, { params: { id: baseId }, query: { limit: 1, directory_id: directoryId ?? '' } }),
  });
}

export function useMakeFolder(baseId: string) {
  return useKnowledgeMutation(
    (body: { name: string; parent_id: string | null }) =>
      call(routes.knowledge.createDirectory, { params: { id: baseId }, body }),
    filesKey(baseId),
  );
}

/** Renames or moves it. */
export function useChangeFolder(baseId: string) {
  return useKnowledgeMutation(
    ({ id, ...body }: { id: string; name?: string; parent_id?: string | null }) =>
      call(routes.knowledge.updateDirectory, { params: { id: baseId, dirId: id }, body }),
    filesKey(baseId),
  );
}

export function useRemoveFolder(baseId: string) {
  return useKnowledgeMutation(
    ({ id, keepFiles }: { id: string; keepFiles: boolean }) =>
      call(routes.knowledge.removeDirectory, {
        params: { id: baseId, dirId: id },
        query: { move_files: String(keepFiles) },
      }),
    filesKey(baseId),
  );
}

/** To another directory or base. The lists of all bases may change. */
export function useMoveFile(baseId: string) {
  return useKnowledgeMutation(
    (to: { fileId: string; baseId: string; directoryId: string | null }) =>
      call(routes.knowledge.moveFile, {
        params: { id: baseId },
        body: { file_id: to.fileId, directory_id: to.directoryId, knowledge_id: to.baseId },
      }),
    ['knowledge-base'],
  );
}

/** Reads all files of a base again. */
export function useReindexBase(baseId: string) {
  return useKnowledgeMutation(() => call(routes.knowledge.reindexBase, { params: { id: baseId } }), filesKey(baseId));
}

/**
 * The files of a base that wait or are being ingested, by their id; when one leaves, the list of files is read again. `look` reads again,
 * after an upload or a retry.
 */
export function usePendingFiles(baseId: string) {
  const client = useQueryClient();
  const [pending, setPending] = useState<ReadonlyMap<string, PendingFile>>(new Map());
  const [looks, setLooks] = useState(0);
  const ended = useRef(false);

  useEffect(() => {
    let known = new Set<string>();
    ended.current = false;
    return followPendingFiles(baseId, (files) => {
      ended.current = files.length === 0;
      const now = new Map(files.map((file) => [file.id, file]));
      const changed = [...known].some((id) => !now.has(id)) || files.some(({ id }) => !known.has(id));
      known = new Set(now.keys());
      setPending(now);
      if (changed) void client.invalidateQueries({ queryKey: filesKey(baseId) });
    });
  }, [baseId, looks, client]);

  const look = useCallback(() => {
    // A connection that is still open reports it by itself.
    if (ended.current) setLooks((count) => count + 1);
    void client.invalidateQueries({ queryKey: filesKey(baseId) });
    void client.invalidateQueries({ queryKey: BASES_KEY });
  }, [baseId, client]);
  return { pending, look };
}

export function useCreateBase() {
  return useKnowledgeMutation((body: BaseWords) => call(routes.knowledge.create, { body }));
}

export function useUpdateBase(baseId: string) {
  return useKnowledgeMutation(
    (body: BaseWords) => call(routes.knowledge.update, { params: { id: baseId }, body }),
    baseKey(baseId),
  );
}

export function useDeleteBase() {
  return useKnowledgeMutation((baseId: string) => call(routes.knowledge.remove, { params: { id: baseId } }));
}

/** Removes a file from the base; a file in no other base is deleted. */
export function useRemoveFile(baseId: string) {
  return useKnowledgeMutation(
    (fileId: string) => call(routes.knowledge.removeFile, { params: { id: baseId }, body: { file_id: fileId } }),
    filesKey(baseId),
  );
}

export function useRetryFile(baseId: string) {
  return useKnowledgeMutation(
    (fileId: string) => call(routes.files.retry, { params: { id: fileId } }),
    filesKey(baseId),
  );
}

/** The active index and the one being built, for administrators. */
export function useIndexState() {
  return useQuery({
    queryKey: INDEX_KEY,
    queryFn: async () => (await call(routes.retrieval.embedding, {})).index,
    refetchInterval: ({ state }) => (state.data?.building ? LOOK_AT_INDEX_MS : false),
  });
}

export function useReindex() {
  return useKnowledgeMutation(() => call(routes.knowledge.reindex, {}), INDEX_KEY);
}

/** A change, after which the lists of bases and the given queries are read again. */
function useKnowledgeMutation<V, R>(change: (value: V) => Promise<R>, alsoChanged: readonly string[] = BASES_KEY) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: BASES_KEY }),
        client.invalidateQueries({ queryKey: alsoChanged }),
      ]),
  });
}
