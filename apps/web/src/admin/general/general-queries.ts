import type { RouteBody, routes as declared } from '@perennial/contracts-gateway';
import type { Suggestion } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CONFIG_KEY } from '../../house/use-config';
import { ta } from '../messages';

export type GeneralChange = RouteBody<typeof declared.auths.updateAdminConfig>;

const KEY = ['admin', 'general'];

/** Who may make an account, and the installation's name and words. */
export function useGeneral() {
  return useQuery({ queryKey: KEY, queryFn: () => call(routes.auths.adminConfig, {}) });
}

/** Saves what was changed; what somebody else has changed meanwhile stays. */
export function useSaveGeneral() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: GeneralChange) => call(routes.auths.updateAdminConfig, { body: change }),
    onSuccess: (saved) => {
      client.setQueryData(KEY, saved);
      return client.invalidateQueries({ queryKey: CONFIG_KEY });
    },
  });
}

const SUGGESTIONS_KEY = ['admin', 'suggestions'];

async function readSuggestions(): Promise<readonly Suggestion[]> {
  const { default_prompt_suggestions: all } = await call(routes.configs.get, {});
  return (all ?? []) as Suggestion[];
}

/** What one might ask any model. */
export function useSuggestions() {
  return useQuery({ queryKey: SUGGESTIONS_KEY, queryFn: readSuggestions });
}

/** Replaces all suggestions, unless somebody else has changed them since they were shown. */
export function useSaveSuggestions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ shown, next }: { shown: readonly Suggestion[]; next: readonly Suggestion[] }) => {
      const now = await readSuggestions();
      if (JSON.stringify(now) !== JSON.stringify(shown)) {
        client.setQueryData(SUGGESTIONS_KEY, now);
        throw new Error(ta('changed.suggestions'));
      }
      return call(routes.configs.updateSuggestions, { body: { suggestions: [...next] } });
    },
    onSuccess: (saved) => {
      client.setQueryData(SUGGESTIONS_KEY, saved);
      return client.invalidateQueries({ queryKey: CONFIG_KEY });
    },
  });
}
