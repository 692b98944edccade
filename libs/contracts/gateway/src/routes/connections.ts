import { OllamaConnectionsSchema, OpenAiConnectionsSchema, options, url } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

export const openAi = route({
  method: 'GET',
  path: '/openai/config',
  access: 'admin',
  reply: OpenAiConnectionsSchema,
});

export const updateOpenAi = route({
  method: 'POST',
  path: '/openai/config/update',
  access: 'admin',
  body: OpenAiConnectionsSchema,
  reply: OpenAiConnectionsSchema,
});

const verification = z.object({ url, key: z.string().max(10_000).nullish(), config: options.nullish() });

const providerModels = z.looseObject({ object: z.literal('list'), data: z.array(z.record(z.string(), z.unknown())) });

/** Asks a server for its models with the given key. */
export const verifyOpenAi = route({
  method: 'POST',
  path: '/openai/verify',
  access: 'admin',
  body: verification,
  reply: providerModels,
});

export const ollama = route({
  method: 'GET',
  path: '/ollama/config',
  access: 'admin',
  reply: OllamaConnectionsSchema,
});

export const updateOllama = route({
  method: 'POST',
  path: '/ollama/config/update',
  access: 'admin',
  body: OllamaConnectionsSchema,
  reply: OllamaConnectionsSchema,
});

export const verifyOllama = route({
  method: 'POST',
  path: '/ollama/verify',
  access: 'admin',
  body: verification,
  reply: providerModels,
});
