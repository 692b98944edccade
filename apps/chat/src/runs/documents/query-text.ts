import type { ChatMessage } from '@perennial/model-provider';
import { conversationPrompt, textsIn } from '../models/task-text';

/** The default prompt of the task model. */
export const DEFAULT_QUERY_PROMPT = `Read the conversation and write one to three search queries that find, in the user's documents, what is needed to answer the last message.
Each query stands on its own: name what "it" or "that" means. Use the language of the conversation.
Answer with JSON and nothing else: {"queries": ["...", "..."]}
Today is {{CURRENT_DATE}}.

<conversation>
{{MESSAGES:END:6}}
</conversation>`;

const BOUNDS = { most: 4, chars: 1_000 };

/** The prompt for queries; without an administrator's template ours. */
export function queryPrompt(template: string, messages: readonly ChatMessage[], today: Date): string {
  return conversationPrompt(template.trim() === '' ? DEFAULT_QUERY_PROMPT : template, messages, today);
}

/** The queries in a model's answer, in any wrapping; undefined if there are none. */
export function parseQueries(answer: string): string[] | undefined {
  return textsIn(answer, 'queries', BOUNDS);
}
