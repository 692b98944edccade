import { splitThoughts } from '@perennial/contracts-kernel';
import type { ChatMessage } from '@perennial/model-provider';
import type { HistoryMessage } from './run';

/** The path for the provider: without thoughts and without empty answers. */
export function historyMessages(history: readonly HistoryMessage[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const { role, content, parts } of history) {
    const text = role === 'assistant' ? splitThoughts(content).answer : content;
    if (role === 'assistant' && text.trim() === '') continue;
    messages.push({ role, content: parts ?? text });
  }
  return messages;
}
