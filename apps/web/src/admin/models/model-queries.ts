import { type RouteReply, routes } from '@perennial/contracts-gateway';
import type { Model } from '@perennial/contracts-wire';
import { call } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

const KEY = ['admin', 'models'];

export type SavedEntry = RouteReply<typeof routes.models.base>[number];

/** A model of a connection, on or off. */
export interface ListedModel {
  id: string;
  name: string;
  isOn: boolean;
  /** Undefined: nothing was saved, so it is on for everybody. */
  entry: SavedEntry | undefined;
}

/** The models of all connections, and those that are switched off, by name. */
export function useListedModels() {
  return useQuery({
    queryKey: KEY,
    queryFn: async () => {
      const [{ data }, entries] = await Promise.all([
        call(routes.models.list, { query: { refresh: 'true' } }),
        call(routes.models.base, {}),
      ]);
      return listed(data, entries);
    },
  });
}

/** Switches a model on or off, for everybody. Who may use it, and all else that was saved, stays. */
export function useSwitchModel() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ model: { id, name, entry }, isOn }: { model: ListedModel; isOn: boolean }) =>
      call(routes.models.saveEntry, {
        body: { ...(entry ?? { id, name, access_grants: [EVERYBODY] }), is_active: isOn },
      }),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: KEY }),
        // The picker's.
        client.invalidateQueries({ queryKey: ['models'] }),
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
  return [...on, ...off].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** Whether every signed-in person may use it while it is on. */
export function isForEverybody({ entry }: ListedModel): boolean {
  return (
    !entry || entry.access_grants.some(({ principal_type: type, principal_id: id }) => type === 'user' && id === '*')
  );
}
