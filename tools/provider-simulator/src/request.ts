/** The part of a chat request that the simulator reads, in OpenAI's or Ollama's shape. */
export interface ChatBody {
  model?: string;
  messages?: { role?: string; content?: unknown }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  max_tokens?: number;
  max_completion_tokens?: number;
  options?: { num_predict?: number };
}

/** Text of a message, whether it is a string or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as { text?: unknown }[]).map((part) => (typeof part?.text === 'string' ? part.text : '')).join('');
}

/** The last user message: the key of an answer and its statistics. */
export function promptOf(body: ChatBody): string {
  const user = body.messages?.findLast((message) => message.role === 'user');
  return textOf(user?.content);
}

/** The text to continue: a trailing assistant message, in any form of the request. */
export function continuedText(body: ChatBody): string {
  const last = body.messages?.at(-1);
  return last?.role === 'assistant' ? textOf(last.content) : '';
}

export function maxTokensOf(body: ChatBody): number {
  return body.max_tokens ?? body.max_completion_tokens ?? body.options?.num_predict ?? Infinity;
}
