import type { ChatMessage } from '@perennial/model-provider';
import { conversationPrompt, textsIn } from '../models/task-text';

/** The default prompt of the task model. */
export const DEFAULT_FOLLOW_UP_PROMPT = `Read the conversation and write three short follow-ups: what the user might ask next, in the user's own words and from the user's side.
Each stands on its own, says something new, and has at most twelve words. Use the language of the conversation.
Answer with JSON and nothing else: {"follow_ups": ["...", "...", "..."]}

<conversation>
{{MESSAGES:END:6}}
</conversation>`;

const BOUNDS = { most: 3, chars: 300 };

/** The prompt for follow-ups; without an administrator's template ours. */
export function followUpPrompt(template: string, messages: readonly ChatMessage[], today: Date): string {
  return conversationPrompt(template.trim() === '' ? DEFAULT_FOLLOW_UP_PROMPT : template, messages, today);
}

/** The follow-ups in a model's answer, each in one line; empty if there are none. */
export function parseFollowUps(answer: string): string[] {
  return (textsIn(answer, 'follow_ups', BOUNDS) ?? []).map((text) => text.replace(/\s+/g, ' '));
}
