import { CallError } from '@perennial/contracts-kernel';
import { storableText } from '../types/json';

/** A message's content in its two forms. */
export interface Content {
  /** The text, or the joined text parts. */
  text: string;
  /** OpenAI content parts when there is more than text. */
  parts: unknown[] | null;
}

/** Splits a message's content and checks its size; `INVALID_ARGUMENT` when it is empty or too long. */
export function readContent(
  content: string | { type: string; [field: string]: unknown }[],
  options: { maxChars: number; hasFiles: boolean },
): Content {
  const parts = typeof content === 'string' ? null : content;
  const text =
    typeof content === 'string'
      ? content
      : content
          .filter((part) => part.type === 'text' && typeof part.text === 'string')
          .map((part) => part.text as string)
          .join('\n');
  if (text.length > options.maxChars) {
    throw new CallError(
      'INVALID_ARGUMENT',
      `The message has ${text.length} characters; ${options.maxChars} are allowed. Shorten it or attach it as a file.`,
    );
  }
  const hasMore = options.hasFiles || (parts?.some((part) => part.type !== 'text') ?? false);
  if (text.trim() === '' && !hasMore) {
    throw new CallError('INVALID_ARGUMENT', 'The message is empty. Write something and send it again.', {
      problem: 'message_empty',
    });
  }
  return { text: storableText(text), parts: parts?.every((part) => part.type === 'text') ? null : parts };
}

/** All text of an OpenAI body's messages, in characters. */
export function bodyLength(messages: readonly Record<string, unknown>[]): number {
  let length = 0;
  for (const { content } of messages) {
    if (typeof content === 'string') length += content.length;
    if (!Array.isArray(content)) continue;
    for (const part of content as { text?: unknown }[]) if (typeof part?.text === 'string') length += part.text.length;
  }
  return length;
}
