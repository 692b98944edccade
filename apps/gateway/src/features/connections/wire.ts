import type { ConnectionKind, connections as connectionCalls } from '@perennial/contracts-config';
import type { RouteInput, routes } from '@perennial/contracts-gateway';
import type { CallReply, CallRequest } from '@perennial/contracts-kernel';
import type { OllamaConnectionsSchema, OpenAiConnectionsSchema } from '@perennial/contracts-wire';
import type { z } from 'zod';

type Connections = CallReply<typeof connectionCalls.get>;
type Change = CallRequest<typeof connectionCalls.update>;
type OpenAiWire = z.output<typeof OpenAiConnectionsSchema>;
type OllamaWire = z.output<typeof OllamaConnectionsSchema>;

const byIndex = ({ connections }: Connections) =>
  Object.fromEntries(connections.map(({ config }, index) => [String(index), config]));

export function toOpenAiWire(reply: Connections): OpenAiWire {
  return {
    ENABLE_OPENAI_API: reply.enabled,
    OPENAI_API_BASE_URLS: reply.connections.map(({ url }) => url),
    OPENAI_API_KEYS: reply.connections.map(({ key }) => key),
    OPENAI_API_CONFIGS: byIndex(reply),
  };
}

export function fromOpenAiWire(wire: OpenAiWire): Change {
  return {
    kind: 'openai',
    enabled: wire.ENABLE_OPENAI_API,
    connections: wire.OPENAI_API_BASE_URLS.map((url, index) => ({
      url,
      key: wire.OPENAI_API_KEYS[index] ?? '',
      config: wire.OPENAI_API_CONFIGS[String(index)] ?? wire.OPENAI_API_CONFIGS[url] ?? {},
    })),
  };
}

/** On the wire, Ollama's keys are among the options. */
export function toOllamaWire(reply: Connections): OllamaWire {
  return {
    ENABLE_OLLAMA_API: reply.enabled,
    OLLAMA_BASE_URLS: reply.connections.map(({ url }) => url),
    OLLAMA_API_CONFIGS: Object.fromEntries(
      reply.connections.map(({ key, config }, index) => [String(index), key === '' ? config : { ...config, key }]),
    ),
  };
}

export function fromOllamaWire(wire: OllamaWire): Change {
  return {
    kind: 'ollama',
    enabled: wire.ENABLE_OLLAMA_API,
    connections: wire.OLLAMA_BASE_URLS.map((url, index) => {
      const { key, ...config } = wire.OLLAMA_API_CONFIGS[String(index)] ?? wire.OLLAMA_API_CONFIGS[url] ?? {};
      return { url, key: typeof key === 'string' ? key : '', config };
    }),
  };
}

export function verificationOf(
  kind: ConnectionKind,
  { url, key, config }: RouteInput<typeof routes.connections.verifyOpenAi>['body'],
): CallRequest<typeof connectionCalls.verify> {
  return { kind, url, key: key ?? '', ...(config ? { config } : {}) };
}
