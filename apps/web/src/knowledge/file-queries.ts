import type { FileItem } from '@perennial/contracts-wire';
import { ApiError, call, routes } from '@perennial/web-client';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

export const FILES_KEY = ['files'];
const FOUND_PER_PAGE = 50;

interface FilePage {
  items: FileItem[];
  /** Unknown for what was searched. */
  total?: number;
}

/** The newest first; with a query those whose names have it. */
export function useFiles(query: string) {
  return useInfiniteQuery({
    queryKey: [...FILES_KEY, query],
    queryFn: async ({ pageParam }): Promise<FilePage> => {
      if (query === '') return call(routes.files.list, { query: { page: pageParam } });
      const skip = (pageParam - 1) * FOUND_PER_PAGE;
      const filename = `*${query}*`;
      return { items: await searched({ filename, skip, limit: FOUND_PER_PAGE }) };
    },
    initialPageParam: 1,
    getNextPageParam: (page, pages) => {
      const loaded = pages.reduce((sum, { items }) => sum + items.length, 0);
      const hasMore = page.total === undefined ? page.items.length === FOUND_PER_PAGE : loaded < page.total;
      return hasMore && page.items.length > 0 ? pages.length + 1 : undefined;
    },
    placeholderData: keepPreviousData,
  });
}

/** Nothing found is no error here. */
async function searched(query: { filename: string; skip: number; limit: number }): Promise<FileItem[]> {
  try {
    return await call(routes.files.search, { query });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}
