import { RequestError } from '@perennial/local-runtime';
import type { GenerateRequest } from './engine';
import type { PromptMessage } from './prompt';

export interface ParsedRequest extends GenerateRequest {
  stream: boolean;
  includeUsage: boolean;
}

/** Default limit: models of this size do not always end their answers. */
const DEFAULT_MAX_TOKENS = 768;

/** Parses the body of a chat completion. Unsupported parameters (tools, n > 1, logprobs) are refused. */
export function parseChatRequest(body: unknown, modelId: string): ParsedRequest {
  if (typeof body !== 'object' || body === null) throw new RequestError(400, 'The body is not an object');
  const fields = body as Record<string, unknown>;
  if (fields.model !== undefined && fields.model !== modelId)
    throw new RequestError(404, `The model '${String(fields.model)}' does not exist`);
  if (!Array.isArray(fields.messages) || fields.messages.length === 0)
    throw new RequestError(400, "'messages' must be a list with at least one message");
  if (typeof fields.n === 'number' && fields.n > 1) throw new RequestError(400, "'n' above 1 is not supported");
  const number = (name: string): number | undefined => {
    const value = fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new RequestError(400, `'${name}' must be a number`);
    return value;
  };
  const stop = fields.stop;
  return {
    messages: fields.messages.map(parseMessage),
    stream: fields.stream === true,
    includeUsage: (fields.stream_options as { include_usage?: boolean } | undefined | null)?.include_usage === true,
    maxTokens: Math.max(1, number('max_completion_tokens') ?? number('max_tokens') ?? DEFAULT_MAX_TOKENS),
    stop: (Array.isArray(stop) ? stop : [stop]).filter(
      (text): text is string => typeof text === 'string' && text !== '',
    ),
    sampling: {
      // The recommended values of the model's authors.
      temperature: number('temperature') ?? 0.2,
      topP: number('top_p') ?? 0.9,
      topK: number('top_k'),
      minP: number('min_p'),
      seed: number('seed'),
    },
  };
}

function parseMessage(message: unknown): PromptMessage {
  const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
  if (typeof role !== 'string') throw new RequestError(400, "Every message needs a 'role'");
  if (typeof content === 'string') return { role, content };
  if (content === null || content === undefined) return { role, content: '' };
  if (!Array.isArray(content)) throw new RequestError(400, "The 'content' of a message must be text");
  const parts = content as { type?: string; text?: string }[];
  return { role, content: parts.map((part) => (typeof part?.text === 'string' ? part.text : '')).join('') };
}
