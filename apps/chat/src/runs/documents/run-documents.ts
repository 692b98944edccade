import type { SearchItem } from '@perennial/contracts-retrieval';
import type { ChatMessage } from '@perennial/model-provider';
import { textOf } from '../models/task-text';
import { historyMessages } from '../types/history-messages';
import type { ClaimedRun, FoundDocuments, HistoryMessage } from '../types/run';
import { distinct, documentsIn } from './attachments';
import { promptOf } from './context-text';

/** The documents of a run: those of its request, of the messages on its path, of its chat, and of its model. */
export function itemsOf({ request, attached }: ClaimedRun, knowledge: readonly SearchItem[]): SearchItem[] {
  // Fast path for the usual turn without documents.
  if (attached === null && knowledge.length === 0 && request.files === undefined) return [];
  return distinct([...documentsIn(request.files), ...documentsIn(attached), ...documentsIn(knowledge)]);
}

/** The conversation that a run answers, as the provider would read it. */
export function conversationOf(run: ClaimedRun): ChatMessage[] {
  return run.kind === 'turn' ? historyMessages(run.history ?? []) : [...(run.request.messages as ChatMessage[])];
}

/** The question's text; empty if there are only files. */
export function questionOf(conversation: readonly ChatMessage[]): string {
  return textOf(conversation.findLast(({ role }) => role === 'user')).trim();
}

/** The run with the documents, or with the word that they hold nothing, in its last user message, or in its system message; the rest is unchanged. */
export function withDocuments(run: ClaimedRun, found: FoundDocuments): ClaimedRun {
  if (found.sources.length === 0 && !found.nothing) return run;
  return run.kind === 'turn' ? turnWith(run, found) : completionWith(run, found);
}

function turnWith(run: ClaimedRun, found: FoundDocuments): ClaimedRun {
  const history = run.history ?? [];
  if (found.inSystem) {
    const { system, params } = run.request as { system?: unknown; params?: { system?: unknown } };
    return {
      ...run,
      request: { ...run.request, system: joined(system ?? params?.system, promptOf(found, lastWords(history))) },
    };
  }
  const at = history.findLastIndex(({ role }) => role === 'user');
  const message = history[at];
  if (!message) return run;
  const content = promptOf(found, message.content);
  const parts = message.parts && partsWith(message.parts, content);
  return { ...run, history: history.with(at, { ...message, content, parts }) };
}

function completionWith(run: ClaimedRun, found: FoundDocuments): ClaimedRun {
  const messages = run.request.messages as ChatMessage[];
  const at = messages.findLastIndex(({ role }) => role === (found.inSystem ? 'system' : 'user'));
  const message = messages[at];
  const prompt = promptOf(found, textOf(found.inSystem ? messages.findLast(({ role }) => role === 'user') : message));
  if (!message) {
    if (!found.inSystem) return run;
    return { ...run, request: { ...run.request, messages: [{ role: 'system', content: prompt }, ...messages] } };
  }
  const text = found.inSystem ? joined(textOf(message), prompt) : prompt;
  const content = Array.isArray(message.content) ? partsWith(message.content as unknown[], text) : text;
  return { ...run, request: { ...run.request, messages: messages.with(at, { ...message, content }) } };
}

/** Pictures stay; the texts are joined. */
function partsWith(parts: readonly unknown[], text: string): unknown[] {
  return [{ type: 'text', text }, ...parts.filter((part) => (part as { type?: unknown } | null)?.type !== 'text')];
}

function joined(system: unknown, text: string): string {
  return typeof system === 'string' && system.trim() !== '' ? `${system}\n\n${text}` : text;
}

function lastWords(history: readonly HistoryMessage[]): string {
  return history.findLast(({ role }) => role === 'user')?.content ?? '';
}
