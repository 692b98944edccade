import { boundedRecord } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** A limit for the whole installation; absent or null: none. */
const limit = (most: number) => z.number().int().min(1).max(most).nullish();

export const options = z.looseObject({
  enable: z.boolean().optional(),
  prefix_id: z.string().max(100).optional(),
  model_ids: z.array(z.string().max(512)).max(10_000).optional(),
  tags: z.array(z.unknown()).max(100).optional(),
  connection_type: z.string().max(100).optional(),
  max_concurrency: limit(100_000),
  requests_per_minute: limit(1_000_000),
  continuation: z.enum(['continue_final_message', 'trailing_assistant', 'prefix', 'none']).optional(),
});

export const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2_000);

const configs = boundedRecord(options, 100).default({});

/** Connections to OpenAI-compatible servers; the i-th address, key and options belong together. A key reads masked; the mask keeps it. */
export const OpenAiConnectionsSchema = z.object({
  ENABLE_OPENAI_API: z.boolean(),
  OPENAI_API_BASE_URLS: z.array(url).max(100),
  OPENAI_API_KEYS: z.array(z.string().max(10_000)).max(100).default([]),
  OPENAI_API_CONFIGS: configs,
});

/** Connections to Ollama servers; a key, where one is needed, is in the options as `key`. */
export const OllamaConnectionsSchema = z.object({
  ENABLE_OLLAMA_API: z.boolean(),
  OLLAMA_BASE_URLS: z.array(url).max(100),
  OLLAMA_API_CONFIGS: configs,
});
