import { OllamaEmbedder, OpenAiEmbedder } from './embedder';
import { Endpoint } from './http';
import { OllamaProvider } from './ollama';
import { OpenAiProvider } from './openai';
import { HttpReranker } from './reranker';
import type {
  Embedder,
  EmbedderLimits,
  ModelConnection,
  ModelProvider,
  ProviderTimeouts,
  Reranker,
  ServerConnection,
} from './types';

export const DEFAULT_TIMEOUTS: Readonly<ProviderTimeouts> = {
  connect: 10_000,
  firstToken: 300_000,
  betweenTokens: 300_000,
  list: 15_000,
};

/**
 * The provider behind a connection. Cheap: connections to the server are pooled per process, so call it per request.
 * @throws ProviderError `INVALID_ARGUMENT` when the base URL is not an http(s) URL
 */
export function createProvider(connection: ModelConnection, timeouts: Partial<ProviderTimeouts> = {}): ModelProvider {
  const endpoint = new Endpoint(connection, { ...DEFAULT_TIMEOUTS, ...timeouts });
  switch (connection.kind) {
    case 'openai':
      return new OpenAiProvider(connection, endpoint);
    case 'ollama':
      return new OllamaProvider(connection, endpoint);
  }
}

export const DEFAULT_EMBEDDER_LIMITS: Readonly<EmbedderLimits> = {
  timeoutMs: 60_000,
  attempts: 4,
  maxPauseMs: 30_000,
};

/**
 * An embedding model behind a connection. Cheap, as {@link createProvider} is, and of the same connection pools.
 * @throws ProviderError `INVALID_ARGUMENT` when the base URL is not an http(s) URL
 */
export function createEmbedder(
  connection: ServerConnection,
  model: string,
  limits: Partial<EmbedderLimits> = {},
): Embedder {
  const endpoint = new Endpoint(connection, DEFAULT_TIMEOUTS);
  const all = { ...DEFAULT_EMBEDDER_LIMITS, ...limits };
  switch (connection.kind) {
    case 'openai':
      return new OpenAiEmbedder(endpoint, model, all);
    case 'ollama':
      return new OllamaEmbedder(endpoint, model, all);
  }
}

/**
 * A reranker at an address, which is that of the operation itself (`https://api.jina.ai/v1/rerank`). Cheap, as {@link createProvider} is.
 * @throws ProviderError `INVALID_ARGUMENT` when it is not an http(s) URL
 */
export function createReranker(connection: Omit<ServerConnection, 'kind'>, model: string): Reranker {
  return new HttpReranker(new Endpoint({ kind: 'openai', ...connection }, DEFAULT_TIMEOUTS), model);
}
