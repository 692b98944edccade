import type { ChatMessage } from '@perennial/model-provider';
import { cutText } from '../types/cut-text';

const PLACEHOLDER = /\{\{(?:(MESSAGES)(?::(START|END|MIDDLETRUNCATE):(\d{1,4}))?|(MESSAGE|prompt)|(CURRENT_DATE))\}\}/g;
/** Most characters of one message in the prompt. */
export const TASK_MESSAGE_CHARS = 2_000;

/** The prompt of a task about a conversation. A template without a placeholder for the messages gets the last six at its end. */
export function conversationPrompt(template: string, messages: readonly ChatMessage[], today: Date): string {
  let placed = false;
  const prompt = template.replace(PLACEHOLDER, (_, all?: string, which?: string, count?: string, last?: string) => {
    if (all === undefined && last === undefined) return today.toISOString().slice(0, 10);
    placed = true;
    if (last !== undefined)
      return cutText(textOf(messages.findLast(({ role }) => role === 'user')), TASK_MESSAGE_CHARS);
    return transcript(chosen(messages, which, Number(count ?? 0)));
  });
  return placed ? prompt : `${prompt}\n\n${transcript(messages.slice(-6))}`;
}

/** Different texts that a model was asked for as a list under a name, in any wrapping; undefined if there are none. */
export function textsIn(
  answer: string,
  name: string,
  { most, chars }: { most: number; chars: number },
): string[] | undefined {
  for (const [json] of answer.matchAll(/\{[^{}]*\}|\[[^[\]{}]*\]/g)) {
    const texts = listIn(json, name)?.flatMap((item) =>
      typeof item === 'string' ? [cutText(item.trim(), chars)] : [],
    );
    const different = [...new Set(texts?.filter((text) => text !== ''))].slice(0, most);
    if (different.length > 0) return different;
  }
  return undefined;
}

/** The text of a message with content of any form. */
export function textOf(message: { content?: unknown } | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: { type?: unknown; text?: unknown } | null) =>
      part?.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
    )
    .join('\n');
}

function listIn(json: string, name: string): unknown[] | undefined {
  try {
    const parsed = JSON.parse(json) as unknown;
    const list = Array.isArray(parsed) ? parsed : (parsed as Record<string, unknown>)[name];
    return Array.isArray(list) ? list : undefined;
  } catch {
    // Brackets without valid JSON: try the next ones.
    return undefined;
  }
}

function chosen(messages: readonly ChatMessage[], which: string | undefined, count: number): readonly ChatMessage[] {
  if (which === 'START') return messages.slice(0, count);
  if (which === 'END') return count === 0 ? [] : messages.slice(-count);
  if (which === undefined || messages.length <= count) return messages;
  const head = Math.ceil(count / 2);
  const tail = count - head;
  return [...messages.slice(0, head), ...(tail === 0 ? [] : messages.slice(-tail))];
}

function transcript(messages: readonly ChatMessage[]): string {
  return messages
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map((message) => `${message.role.toUpperCase()}: ${cutText(textOf(message), TASK_MESSAGE_CHARS)}`)
    .join('\n');
}
