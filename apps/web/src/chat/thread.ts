import type { Chat, Message } from '@perennial/contracts-wire';
import { t } from '../messages';
import { isObject, objectsIn, textIn } from '../wire/narrow';

/**
 * The shown branch of a chat, from its first message to the given one, or to the current one if the chat has no such message.
 */
export function threadOf(chat: Chat | undefined, last?: string): Message[] {
  const history = chat?.chat.history;
  if (!history) return [];
  const thread: Message[] = [];
  const seen = new Set<string>();
  let id = (last !== undefined && history.messages[last] ? last : history.currentId) ?? undefined;
  while (id && !seen.has(id)) {
    seen.add(id);
    const message: Message | undefined = history.messages[id];
    if (!message) break;
    thread.unshift(message);
    id = message.parentId ?? undefined;
  }
  return thread;
}

/** A turn that the server may not have yet. */
export interface PendingTurn {
  /** Where it is shown; absent while the chat has no id. */
  chatId: string | undefined;
  /** The chat that the server made for it, or that it belongs to; absent until the server has it. */
  acceptedIn?: string;
  /** The question, if it is not stored already, and the empty answer. */
  messages: readonly Message[];
}

/** The thread with a turn that was just sent, until the chat has it. */
export function withPending(thread: Message[], chat: Chat | undefined, turn: PendingTurn | undefined): Message[] {
  const answer = turn?.messages.at(-1);
  if (!turn || !answer || chat?.chat.history?.messages[answer.id]) return thread;
  const parent = turn.messages[0]?.parentId ?? null;
  const kept = thread.slice(0, thread.findIndex(({ id }) => id === parent) + 1);
  return [...kept, ...turn.messages];
}

/** Ids of the messages after each message, oldest first, by the id of that message; those that begin the chat under the empty text. */
export function versionsByParent(chat: Chat | undefined): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, string[]>();
  for (const { id, parentId } of Object.values(chat?.chat.history?.messages ?? {})) {
    const beside = versions.get(parentId ?? '');
    if (beside) beside.push(id);
    else versions.set(parentId ?? '', [id]);
  }
  return versions;
}

/** The end of the branch after a message, following the newest of several. */
export function endOf(chat: Chat | undefined, id: string): string {
  const all = Object.values(chat?.chat.history?.messages ?? {});
  const seen = new Set<string>();
  let end = id;
  while (!seen.has(end)) {
    seen.add(end);
    end = all.findLast(({ parentId }) => parentId === end)?.id ?? end;
  }
  return end;
}

/** The text of a message, whether it came as a string or as content parts. */
export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return objectsIn(content)
    .map((part) => textIn(part, 'text') ?? '')
    .join('');
}

/** The thoughts of a stored answer, which are an item of its output. */
export function thoughtsOf({ output }: Message): string {
  return objectsIn(output)
    .flatMap((item) => (item['type'] === 'reasoning' ? objectsIn(item['content']) : []))
    .map((part) => textIn(part, 'text') ?? '')
    .join('\n\n');
}

/** The name of the model that wrote an answer. The server gives the id for a name that it does not know. */
export function modelNameOf({ model, modelName }: Message, names: ReadonlyMap<string, string>): string | undefined {
  if (modelName !== undefined && modelName !== model) return modelName;
  return model === undefined ? modelName : (names.get(model) ?? model);
}

/** Why an answer failed: the server's code, which older ones do not have, and its sentence. */
export interface AnswerFailure {
  code?: string;
  message: string;
}

/** The error of a stored message; undefined without one. */
export function failureOf({ error }: Message): AnswerFailure | undefined {
  if (typeof error === 'string') return { message: error };
  const fields = isObject(error) ? error : undefined;
  const message = textIn(fields, 'content');
  return message === undefined ? undefined : { code: textIn(fields, 'code'), message };
}

/** A file or a knowledge base of a message. */
export interface Attached {
  type: 'file' | 'collection';
  id: string;
  name: string;
}

/** The attachments of a message; other clients' attachments that are not documents are left out. */
export function attachmentsOf(message: Message): Attached[] {
  return objectsIn(message.files).flatMap((entry) => {
    const [type, id] = [entry['type'], textIn(entry, 'id')];
    if (!id || (type !== 'file' && type !== 'collection')) return [];
    return [{ type, id, name: textIn(entry, 'name') ?? (type === 'file' ? t('file') : t('knowledge.base')) }];
  });
}
