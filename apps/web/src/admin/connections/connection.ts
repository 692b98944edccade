import type { RouteBody, RouteReply, routes } from '@perennial/contracts-gateway';

export type Kind = 'openai' | 'ollama';
export type OpenAiWire = RouteReply<typeof routes.connections.openAi>;
export type OllamaWire = RouteReply<typeof routes.connections.ollama>;
type OpenAiChange = RouteBody<typeof routes.connections.updateOpenAi>;
type OllamaChange = RouteBody<typeof routes.connections.updateOllama>;
export type Options = OpenAiWire['OPENAI_API_CONFIGS'][string];

/** A connection to a model server. The key is masked: it never comes back from the server. */
export interface Connection {
  url: string;
  /** Empty: none. */
  key: string;
  options: Options;
}

/** All connections of one kind. */
export interface ConnectionSet {
  kind: Kind;
  enabled: boolean;
  connections: readonly Connection[];
}

export function fromOpenAi(wire: OpenAiWire): ConnectionSet {
  return {
    kind: 'openai',
    enabled: wire.ENABLE_OPENAI_API,
    connections: wire.OPENAI_API_BASE_URLS.map((url, at) => ({
      url,
      key: wire.OPENAI_API_KEYS[at] ?? '',
      options: wire.OPENAI_API_CONFIGS[String(at)] ?? {},
    })),
  };
}

export function toOpenAi({ enabled, connections }: ConnectionSet): OpenAiChange {
  return {
    ENABLE_OPENAI_API: enabled,
    OPENAI_API_BASE_URLS: connections.map(({ url }) => url),
    OPENAI_API_KEYS: connections.map(({ key }) => key),
    OPENAI_API_CONFIGS: byPlace(connections.map(({ options }) => options)),
  };
}

/** On the wire, Ollama's keys are among the options. */
export function fromOllama(wire: OllamaWire): ConnectionSet {
  return {
    kind: 'ollama',
    enabled: wire.ENABLE_OLLAMA_API,
    connections: wire.OLLAMA_BASE_URLS.map((url, at) => {
      const { key, ...options } = wire.OLLAMA_API_CONFIGS[String(at)] ?? {};
      return { url, key: typeof key === 'string' ? key : '', options };
    }),
  };
}

export function toOllama({ enabled, connections }: ConnectionSet): OllamaChange {
  return {
    ENABLE_OLLAMA_API: enabled,
    OLLAMA_BASE_URLS: connections.map(({ url }) => url),
    OLLAMA_API_CONFIGS: byPlace(connections.map(({ key, options }) => (key === '' ? options : { ...options, key }))),
  };
}

function byPlace(options: readonly Options[]): Record<string, Options> {
  return Object.fromEntries(options.map((one, at) => [String(at), one]));
}

/**
 * The set with one connection replaced, or removed without `next`. It is found by what it is, because its place may have changed meanwhile; a new
 * one (without `former`), and one that is gone, is added at the end.
 */
export function withConnection(
  set: ConnectionSet,
  former: Connection | undefined,
  next: Connection | undefined,
): ConnectionSet {
  const connections = [...set.connections];
  const at = former ? connections.findIndex(({ url, key }) => url === former.url && key === former.key) : -1;
  connections.splice(at < 0 ? connections.length : at, 1, ...(next ? [next] : []));
  return { ...set, connections };
}

/** The set with one connection moved before its neighbour: the first that offers a model is asked for it. */
export function moved(set: ConnectionSet, at: number, by: -1 | 1): ConnectionSet {
  const connections = [...set.connections];
  const [one] = connections.splice(at, 1);
  if (one) connections.splice(at + by, 0, one);
  return { ...set, connections };
}
