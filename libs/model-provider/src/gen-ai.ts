import type { ChatRequest, ModelConnection, ServerConnection, Usage } from './types';

/** OpenTelemetry's names of the providers that are known by their host. */
const PROVIDERS: [RegExp, string][] = [
  [/(^|\.)openai\.com$/, 'openai'],
  [/\.azure\.com$/, 'azure.ai.openai'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)x\.ai$/, 'x_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)cohere\.(com|ai)$/, 'cohere'],
  [/(^|\.)googleapis\.com$/, 'gcp.gemini'],
];

const PARAMETERS: Record<string, string> = {
  temperature: 'gen_ai.request.temperature',
  top_p: 'gen_ai.request.top_p',
  top_k: 'gen_ai.request.top_k',
  frequency_penalty: 'gen_ai.request.frequency_penalty',
  presence_penalty: 'gen_ai.request.presence_penalty',
  seed: 'gen_ai.request.seed',
  max_tokens: 'gen_ai.request.max_tokens',
  max_completion_tokens: 'gen_ai.request.max_tokens',
  n: 'gen_ai.request.choice.count',
};

/** Name of a span by the conventions. */
export function genAiSpanName(request: Pick<ChatRequest, 'model'>): string {
  return `chat ${request.model}`;
}

/** Attributes of a provider call's span (OpenTelemetry `gen_ai.*`): parameters only, never content and never the key. */
export function genAiAttributes(connection: ModelConnection, request: ChatRequest): Record<string, string | number> {
  const attributes = attributesOf(connection, 'chat', request.model);
  for (const [parameter, attribute] of Object.entries(PARAMETERS)) {
    const value = request[parameter];
    if (typeof value === 'number') attributes[attribute] = value;
  }
  const format = request.response_format as { type?: unknown } | undefined | null;
  if (typeof format?.type === 'string')
    attributes['gen_ai.output.type'] = format.type.startsWith('json') ? 'json' : 'text';
  return attributes;
}

/** Attributes of an embedding request's span, which is called `embeddings <model>`; never content and never the key. */
export function genAiEmbeddingAttributes(connection: ServerConnection, model: string): Record<string, string | number> {
  return attributesOf(connection, 'embeddings', model);
}

/** Attributes of a rerank's span, which is called `rerank <model>`; never content and never the key. */
export function genAiRerankAttributes(connection: ServerConnection, model: string): Record<string, string | number> {
  return attributesOf(connection, 'rerank', model);
}

function attributesOf(
  connection: ServerConnection,
  operation: 'chat' | 'embeddings' | 'rerank',
  model: string,
): Record<string, string | number> {
  const attributes: Record<string, string | number> = {
    'gen_ai.operation.name': operation,
    'gen_ai.request.model': model,
  };
  let host = '';
  if (URL.canParse(connection.baseUrl)) {
    const url = new URL(connection.baseUrl);
    host = url.hostname;
    attributes['server.address'] = host;
    attributes['server.port'] = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  }
  attributes['gen_ai.provider.name'] =
    connection.kind === 'ollama'
      ? 'ollama'
      : (PROVIDERS.find(([pattern]) => pattern.test(host))?.[1] ?? 'openai_compatible');
  return attributes;
}

/** Attributes that are known at the end of the answer. */
export function genAiResponseAttributes(end: {
  finishReason: string;
  usage?: Usage;
}): Record<string, string[] | number> {
  const attributes: Record<string, string[] | number> = { 'gen_ai.response.finish_reasons': [end.finishReason] };
  const { prompt_tokens: input, completion_tokens: output } = end.usage ?? {};
  if (typeof input === 'number') attributes['gen_ai.usage.input_tokens'] = input;
  if (typeof output === 'number') attributes['gen_ai.usage.output_tokens'] = output;
  return attributes;
}
