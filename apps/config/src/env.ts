import { commonEnv, databaseEnv, flag, integer, placementEnv, redisEnv, secretEnv, variable } from '@perennial/runtime';
import { z } from 'zod';

/**
 * A list with `;`. Empty items keep their position: the second key belongs to the second URL, even if the first has none.
 */
const places = () => z.string().transform((value) => value.split(';').map((item) => item.trim()));

const urls = () =>
  places()
    .transform((items) => items.filter((item) => item !== ''))
    .refine((items) => items.every((item) => /^https?:\/\//.test(item) && URL.canParse(item)), {
      message: 'must be http:// or https:// URLs, separated by ";"',
    });

/** What the config service reads from its environment. */
export const configEnv = z.object({
  ...commonEnv,
  ...databaseEnv,
  ...redisEnv,
  ...secretEnv,
  ...placementEnv,
  OPENAI_API_BASE_URLS: variable(urls().optional(), {
    description: 'OpenAI-compatible servers, separated by `;`, used until an admin saves connections.',
    example: 'https://api.openai.com/v1;http://vllm:8000/v1',
    aliases: ['OPENAI_API_BASE_URL'],
  }),
  OPENAI_API_KEYS: variable(places().optional(), {
    description: 'Their keys, separated by `;`, in the same order. A key without a URL is one for api.openai.com.',
    aliases: ['OPENAI_API_KEY'],
    secret: true,
  }),
  OLLAMA_BASE_URLS: variable(urls().optional(), {
    description: 'Ollama servers, separated by `;`, used until an admin saves connections.',
    example: 'http://127.0.0.1:11434',
    aliases: ['OLLAMA_BASE_URL'],
  }),
  ENABLE_OPENAI_API: variable(flag().default(true), {
    description: 'Whether OpenAI-compatible connections are used, until an admin saves connections.',
  }),
  ENABLE_OLLAMA_API: variable(flag().default(true), {
    description: 'Whether Ollama connections are used, until an admin saves connections.',
  }),
  WEBUI_NAME: variable(z.string().min(1).max(100).default('Perennial'), {
    description: 'Name of this installation, until an administrator gives it another.',
  }),
  DEFAULT_LOCALE: variable(z.string().max(35).default('en-US'), {
    description: 'Language of the interface for browsers that send none (BCP 47).',
  }),
  DEFAULT_MODELS: variable(z.string().optional(), {
    description: 'Models that a new chat starts with, separated by commas, until an admin saves others.',
    example: 'gpt-4o-mini',
  }),
  TASK_MODEL: variable(z.string().optional(), {
    description: 'Model that writes titles, search queries and follow-up questions; the model of the chat when unset.',
    aliases: ['TASK_MODEL_EXTERNAL'],
  }),
  ENABLE_TITLE_GENERATION: variable(flag().default(true), {
    description: 'Whether a model writes a title for each new chat.',
  }),
  TITLE_GENERATION_PROMPT_TEMPLATE: variable(z.string().optional(), {
    description:
      'Prompt for titles; `{{MESSAGE}}` is replaced by the first message, and the answer has to be JSON: `{"title": "…"}`. A default prompt when unset.',
  }),
  ENABLE_RETRIEVAL_QUERY_GENERATION: variable(flag().default(true), {
    description: 'Whether a model writes the search queries for documents; otherwise the question itself is the query.',
  }),
  QUERY_GENERATION_PROMPT_TEMPLATE: variable(z.string().optional(), {
    description:
      'Prompt for search queries; `{{MESSAGES:END:6}}` is replaced by the last six messages, `{{CURRENT_DATE}}` by the date, and the answer has to be JSON: `{"queries": ["…"]}`. A default prompt when unset.',
  }),
  ENABLE_FOLLOW_UP_GENERATION: variable(flag().default(true), {
    description: 'Whether a model writes the questions that one might ask after an answer, for clients that want them.',
  }),
  FOLLOW_UP_GENERATION_PROMPT_TEMPLATE: variable(z.string().optional(), {
    description:
      'Prompt for these questions; `{{MESSAGES:END:6}}` is replaced by the last six messages, and the answer has to be JSON: `{"follow_ups": ["…"]}`. A default prompt when unset.',
  }),
  MODELS_CACHE_TTL: variable(integer(1, 3_600).default(5), {
    description: 'Seconds for which the model list of a provider is cached.',
  }),
  MODEL_LIST_TIMEOUT_MS: variable(integer(100, 10_000).default(5_000), {
    description: 'Milliseconds that a provider has to list its models.',
  }),
});

export type ConfigEnv = z.output<typeof configEnv>;

/** Injection token of the parsed environment. */
export const CONFIG_ENV = Symbol('CONFIG_ENV');
