import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ta } from '../messages';
import {
  type Connection,
  type ConnectionSet,
  fromOllama,
  fromOpenAi,
  type Kind,
  toOllama,
  toOpenAi,
} from './connection';

const KEY = ['admin', 'connections'];
const setKey = (kind: Kind) => [...KEY, kind];
/** Every connection in view is tried again after this time. */
const TRY_AGAIN_MS = 30_000;

async function read(kind: Kind): Promise<ConnectionSet> {
  if (kind === 'openai') return fromOpenAi(await call(routes.connections.openAi, {}));
  return fromOllama(await call(routes.connections.ollama, {}));
}

async function write(set: ConnectionSet): Promise<ConnectionSet> {
  if (set.kind === 'openai') return fromOpenAi(await call(routes.connections.updateOpenAi, { body: toOpenAi(set) }));
  return fromOllama(await call(routes.connections.updateOllama, { body: toOllama(set) }));
}

export function useConnections(kind: Kind) {
  return useQuery({ queryKey: setKey(kind), queryFn: () => read(kind) });
}

/** Saves all connections of a kind at once, as the server wants them, unless somebody else has changed them since they were shown. */
export function useSaveConnections(kind: Kind) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (next: ConnectionSet) => {
      const shown = client.getQueryData<ConnectionSet>(setKey(kind));
      const now = await read(kind);
      if (JSON.stringify(now) !== JSON.stringify(shown)) {
        client.setQueryData(setKey(kind), now);
        throw new Error(ta('changed.connections'));
      }
      return write(next);
    },
    onSuccess: (saved) => client.setQueryData(setKey(kind), saved),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: KEY }),
        client.invalidateQueries({ queryKey: ['models'] }),
        client.invalidateQueries({ queryKey: ['admin', 'models'] }),
      ]),
  });
}

/** The names of the models that a server offers. A masked key stands for the saved one of the same address. */
export async function modelsAt(kind: Kind, { url, key }: Pick<Connection, 'url' | 'key'>): Promise<string[]> {
  const { verifyOllama, verifyOpenAi } = routes.connections;
  const request = { body: { url, key } };
  const { data } = await (kind === 'openai' ? call(verifyOpenAi, request) : call(verifyOllama, request));
  return data.map(({ id }) => String(id));
}

/** Whether a connection works: its models, or why there are none. Tried while it is in view. */
export function useConnectionHealth(kind: Kind, { url, key, options }: Connection) {
  return useQuery({
    queryKey: [...KEY, 'health', kind, url, key],
    queryFn: () => modelsAt(kind, { url, key }),
    enabled: options.enable !== false,
    refetchInterval: TRY_AGAIN_MS,
    retry: false,
  });
}
