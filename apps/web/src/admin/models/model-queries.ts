import type { RouteReply, routes as declared } from '@perennial/contracts-gateway';
import type { Model } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CONFIG_KEY } from '../../house/use-config';
import { ta } from '../messages';

const KEY = ['admin', 'models'];

export type SavedEntry = RouteReply<typeof declared.models.base>[number];

/** A model of a connection, on or off. */
export interface ListedModel {
  id: string;
  name: string;
  isOn: boolean;
  /** Undefined: nothing was saved, so it is on for everybody. */
  entry: SavedEntry | undefined;
}

export type ModelsConfig = RouteReply<typeof declared.configs.models>;

export interface ModelsShown {
  models: readonly ListedModel[];
  config: ModelsConfig;
}

/** The models of all connections in the order of the picker, then those that are switched off. */
export function useListedModels() {
  return useQuery({
    queryKey: KEY,
    queryFn: async (): Promise<ModelsShown> => {
      const [{ data }, entries, config] = await Promise.all([
        call(routes.models.list, { query: { refresh: 'true' } }),
        call(routes.models.base, {}),
        call(routes.configs.models, {}),
      ]);
      return { models: listed(data, entries), config };
    },
  });
}

/** How models are offered, without asking the connections. */
export function useModelsConfig() {
  return useQuery({ queryKey: [...KEY, 'config'], queryFn: () => call(routes.configs.models, {}) });
}

/** Switches a model on or off, for everybody. Who may use it, and all else that was saved, stays. */
export function useSwitchModel() {
  return useModelMutation(({ model: { id, name, entry }, isOn }: { model: ListedModel; isOn: boolean }) =>
    call(routes.models.saveEntry, {
      body: { ...(entry ?? { id, name, access_grants: [EVERYBODY] }), is_active: isOn },
    }),
  );
}

/** Saves how models are offered, unless somebody else has changed it since it was shown. */
export function useOfferModels() {
  return useModelMutation(async ({ shown, next }: { shown: ModelsConfig; next: Partial<ModelsConfig> }) => {
    if (JSON.stringify(await call(routes.configs.models, {})) !== JSON.stringify(shown))
      throw new Error(ta('changed.models'));
    return call(routes.configs.updateModels, { body: { ...shown, ...next } });
  });
}

function useModelMutation<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: KEY }),
        // The picker's, and the page's own settings.
        client.invalidateQueries({ queryKey: ['models'] }),
        client.invalidateQueries({ queryKey: CONFIG_KEY }),
      ]),
  });
}

/** An entry without it would be for administrators only. */
const EVERYBODY = { principal_type: 'user', principal_id: '*', permission: 'read' } as const;

export function listed(offered: readonly Model[], entries: readonly SavedEntry[]): ListedModel[] {
  const saved = new Map(entries.map((entry) => [entry.id, entry]));
  const on = offered
    .filter(({ preset }) => preset !== true)
    .map(({ id, name }): ListedModel => ({ id, name, isOn: true, entry: saved.get(id) }));
  const off = entries
    .filter(({ is_active: isActive }) => !isActive)
    .map((entry): ListedModel => ({ id: entry.id, name: entry.name, isOn: false, entry }));
  return [...on, ...off.sort((a, b) => a.name.localeCompare(b.name))];
}

/** The order with one model before all others, or before the one above it. Models that are off keep their place. */
export function raised(models: readonly ListedModel[], id: string, to: 'first' | 'up'): string[] {
  const order = models.map((model) => model.id);
  const at = order.indexOf(id);
  if (at <= 0) return order;
  order.splice(at, 1);
  order.splice(to === 'first' ? 0 : at - 1, 0, id);
  return order;
}

/** The ids of the models that a new chat starts with. */
export function defaultsOf({ DEFAULT_MODELS: defaults }: ModelsConfig): string[] {
  return (defaults ?? '').split(',').flatMap((id) => id.trim() || []);
}

/** Whether every signed-in person may use it while it is on. */
export function isForEverybody({ entry }: ListedModel): boolean {
  return (
    !entry || entry.access_grants.some(({ principal_type: type, principal_id: id }) => type === 'user' && id === '*')
  );
}
