import { isDeepStrictEqual } from 'node:util';
import type { chats, WireMessage } from '@perennial/contracts-chat';
import type { CallParsedRequest } from '@perennial/contracts-kernel';
import { storableText } from '../runs/types/json';
import type { MessageFields, MessageRow } from './rows';

export type ChatBlob = CallParsedRequest<typeof chats.create>['chat'];

const TITLE_CHARS = 1_000;
/** Numbers from here on are milliseconds: older clients mix them with seconds. */
const MILLISECONDS_FROM = 1e11;

/** Fields of the blob with a column, or derived; the others are stored in `extra`. */
const CHAT_FIELDS = new Set(['id', 'title', 'models', 'params', 'history', 'messages', 'timestamp']);
const MESSAGE_FIELDS = new Set([
  'id', 'parentId', 'childrenIds', 'role', 'content', 'timestamp', 'model', 'modelIdx', 'done', 'output', 'usage', 'error', 'incomplete',
]); // prettier-ignore

/** Without another name a model is called by its id, which need not be stored. */
const DERIVED = new Set([...MESSAGE_FIELDS, 'modelName']);

/** Ids of the messages in a blob: its messages, their parents, and the current one. */
export function messageIdsOf({ history }: ChatBlob): string[] {
  const messages = history?.messages ?? {};
  const parents = Object.values(messages).map(({ parentId }) => parentId);
  return [...new Set([...Object.keys(messages), ...parents, history?.currentId])].filter((id) => id != null);
}

/** A blob's changes to the chat itself; undefined: unchanged. */
export interface ChatChange {
  title?: string;
  models?: string[];
  params?: Record<string, unknown>;
  extra: Record<string, unknown>;
  currentMessageId?: string;
}

export function toChatChange(blob: ChatBlob): ChatChange {
  const title = blob.title === undefined ? '' : storableText(blob.title).trim().slice(0, TITLE_CHARS);
  return {
    ...(title === '' ? {} : { title }),
    models: blob.models,
    params: blob.params,
    extra: without(blob, CHAT_FIELDS),
    currentMessageId: blob.history?.currentId ?? undefined,
  };
}

/**
 * The blob's messages as new or changed rows, ordered so that parents come before their children, and siblings as in the blob. An answer that
 * is being written is left unchanged, and so is a finished one that the client only knows as unfinished. A message without an existing parent
 * (or in a cycle) becomes a root, so that the result is always a tree.
 *
 * @param existing the existing rows of `messageIdsOf`
 */
export function toMessageChanges(blob: ChatBlob, existing: readonly MessageRow[], now: number): MessageRow[] {
  const wire = blob.history?.messages ?? {};
  const known = new Map(existing.map((row) => [row.id, row]));
  const rows: MessageRow[] = [];
  for (const [id, message] of inTreeOrder(wire)) {
    const before = known.get(id);
    if (before && (!before.done || message.done === false)) continue;
    const parent = message.parentId ?? null;
    const row: MessageRow = {
      id,
      parent_id: before ? before.parent_id : parent !== null && known.has(parent) ? parent : null,
      role: before?.role ?? message.role,
      done: true,
      created_at: before?.created_at ?? secondsOf(message.timestamp) ?? now,
      ...fieldsOf(message, before),
    };
    known.set(id, row);
    if (!before || !isDeepStrictEqual(row, { ...before, done: true })) rows.push(row);
  }
  return rows;
}

/**
 * Every message after its parent; siblings by `childrenIds`, else in the given order. Unreachable ones (a cycle) at the end.
 */
function inTreeOrder(wire: Readonly<Record<string, WireMessage>>): [string, WireMessage][] {
  const ordered: [string, WireMessage][] = [];
  const waiting = new Map(Object.entries(wire));
  const children = new Map<string | null, string[]>();
  for (const [id, { parentId }] of waiting) {
    const parent = parentId != null && waiting.has(parentId) ? parentId : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [id]);
    else siblings.push(id);
  }
  const stack = [...(children.get(null) ?? [])].reverse();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const message = waiting.get(id);
    if (!message) continue;
    waiting.delete(id);
    ordered.push([id, message]);
    const own = children.get(id) ?? [];
    const rank = new Map(message.childrenIds.map((child, at) => [child, at]));
    const sorted = [...own].sort((a, b) => (rank.get(a) ?? own.length) - (rank.get(b) ?? own.length));
    stack.push(...sorted.reverse());
  }
  return [...ordered, ...waiting];
}

/** The row's fields; fields that the message does not have are unchanged. */
function fieldsOf(message: WireMessage, before: MessageRow | undefined): MessageFields {
  const { content, parts } = contentOf(message.content, before);
  return {
    content,
    content_parts: parts,
    model: typeof message.model === 'string' ? message.model : (before?.model ?? null),
    model_idx:
      typeof message.modelIdx === 'number' && Number.isInteger(message.modelIdx)
        ? message.modelIdx
        : (before?.model_idx ?? null),
    output: message.output ?? before?.output ?? null,
    usage: message.usage ?? before?.usage ?? null,
    error: message.error ?? before?.error ?? null,
    extra: { ...before?.extra, ...without(message, message.modelName === message.model ? DERIVED : MESSAGE_FIELDS) },
  };
}

function contentOf(content: unknown, before: MessageRow | undefined): { content: string; parts: unknown[] | null } {
  if (typeof content === 'string') return { content: storableText(content), parts: null };
  if (!Array.isArray(content)) return { content: before?.content ?? '', parts: before?.content_parts ?? null };
  const texts = content.flatMap((part: { type?: unknown; text?: unknown } | null) =>
    part?.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
  );
  return { content: storableText(texts.join('\n')), parts: texts.length === content.length ? null : content };
}

function secondsOf(timestamp: number | undefined): number | undefined {
  if (timestamp === undefined || !Number.isFinite(timestamp) || timestamp <= 0) return undefined;
  return Math.floor(timestamp >= MILLISECONDS_FROM ? timestamp / 1000 : timestamp);
}

function without(record: Readonly<Record<string, unknown>>, fields: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name, value]) => !fields.has(name) && value !== undefined));
}
