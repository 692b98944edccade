import { Endpoint } from './http';
import { OllamaProvider } from './ollama';
import { OpenAiProvider } from './openai';
import type { ModelConnection, ModelProvider, ProviderTimeouts } from './types';

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
