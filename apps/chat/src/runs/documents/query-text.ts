import type { ChatMessage } from '@perennial/model-provider';
import { cutText } from '../types/cut-text';

/** The default prompt of the task model. */
export const DEFAULT_QUERY_PROMPT = `Read the conversation and write one to three search queries that find, in the user's documents, what is needed to answer the last message.
Each query stands on its own: name what "it" or "that" means. Use the language of the conversation.
Answer with JSON and nothing else: {"queries": ["...", "..."]}
Today is {{CURRENT_DATE}}.

<conversation>
{{MESSAGES:END:6}}
</conversation>`;

const PLACEHOLDER = /\{\{(?:(MESSAGES)(?::(START|END|MIDDLETRUNCATE):(\d{1,4}))?|(MESSAGE|prompt)|(CURRENT_DATE))\}\}/g;
/** Most characters of one message in the prompt. */
const MESSAGE_CHARS = 2_000;
const MAX_QUERIES = 4;
const QUERY_CHARS = 1_000;

/** The prompt for queries. A template without a placeholder for the messages gets the last six at its end. */
export function queryPrompt(template: string, messages: readonly ChatMessage[], today: Date): string {
  let placed = false;
  const prompt = (template.trim() === '' ? DEFAULT_QUERY_PROMPT : template).replace(
    PLACEHOLDER,
    (_, all?: string, which?: string, count?: string, last?: string) => {
      if (all === undefined && last === undefined) return today.toISOString().slice(0, 10);
      placed = true;
      if (last !== undefined) return cutText(textOf(messages.findLast(({ role }) => role === 'user')), MESSAGE_CHARS);
      return transcript(chosen(messages, which, Number(count ?? 0)));
    },
  );
  return placed ? prompt : `${prompt}\n\n${transcript(messages.slice(-6))}`;
}

/** The queries in a model's answer, in any wrapping; undefined if there are none. */
export function parseQueries(answer: string): string[] | undefined {
  for (const [json] of answer.matchAll(/\{[^{}]*\}|\[[^[\]{}]*\]/g)) {
    const queries = listIn(json);
    if (queries !== undefined && queries.length > 0) return queries;
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

function listIn(json: string): string[] | undefined {
  try {
    const parsed = JSON.parse(json) as unknown;
    const list = Array.isArray(parsed) ? parsed : (parsed as { queries?: unknown }).queries;
    if (!Array.isArray(list)) return undefined;
    const texts = list.flatMap((item) => (typeof item === 'string' ? [cutText(item.trim(), QUERY_CHARS)] : []));
    return [...new Set(texts.filter((query) => query !== ''))].slice(0, MAX_QUERIES);
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
    .map((message) => `${message.role.toUpperCase()}: ${cutText(textOf(message), MESSAGE_CHARS)}`)
    .join('\n');
}
