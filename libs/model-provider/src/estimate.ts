import type { ChatMessage, Usage } from './types';

/** Estimated characters per token. */
const CHARS_PER_TOKEN = 4;

/** Estimated usage of an answer whose provider does not count, from the lengths of request and answer. */
export function estimatedUsage(messages: readonly ChatMessage[], answerLength: number): Usage {
  const prompt = messages.reduce((sum, { content }) => sum + lengthOf(content), 0);
  const [prompt_tokens, completion_tokens] = [prompt, answerLength].map((length) =>
    Math.ceil(length / CHARS_PER_TOKEN),
  );
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens! + completion_tokens! };
}

function lengthOf(content: unknown): number {
  if (typeof content === 'string') return content.length;
  if (!Array.isArray(content)) return 0;
  return (content as { text?: unknown }[]).reduce(
    (sum, part) => sum + (typeof part?.text === 'string' ? part.text.length : 0),
    0,
  );
}
