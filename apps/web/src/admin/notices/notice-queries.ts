import type { Banner } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ta } from '../messages';

/** The same as the page's own, so that a notice is seen here as everybody sees it. */
const KEY = ['banners'];

const read = () => call(routes.configs.banners, {});

export function useNotices() {
  return useQuery({ queryKey: KEY, queryFn: read });
}

/** Replaces all notices, unless somebody else has changed them since they were shown. */
export function usePublish() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ shown, next }: { shown: readonly Banner[]; next: readonly Banner[] }) => {
      const now = await read();
      if (JSON.stringify(now) !== JSON.stringify(shown)) {
        client.setQueryData(KEY, now);
        throw new Error(ta('changed.notices'));
      }
      return call(routes.configs.updateBanners, { body: { banners: [...next] } });
    },
    onSuccess: (saved) => client.setQueryData(KEY, saved),
  });
}
