import { MessageSchema } from '@perennial/contracts-wire';
import type { z } from 'zod';
import { json, type OpenWebUi, record, type Row, seconds, text } from './source';

export type Message = z.output<typeof MessageSchema> & { parentId: string | null };

/** UTF-16 units of the messages of one call, well below the longest record. */
const PART_CHARS = 2_000_000;
/** A longer message fits into no call. */
const MAX_MESSAGE_CHARS = 7_000_000;

/**
 * The messages of a chat: those of its JSON, and those that only the table of messages has (version 0.12).
 */
export async function readMessages(from: OpenWebUi, chat: Row): Promise<Map<string, Message>> {
  const blob = record(chat['chat']);
  const found = new Map<string, Message>();
  for (const [id, message] of Object.entries(record(record(blob['history'])['messages'])))
    add(found, id, record(message));
  if (found.size === 0 && Array.isArray(blob['messages'])) addList(found, blob['messages']);
  if (await from.has('chat_message')) {
    const rows = await from.rowsOf('chat_message', 'chat_id', chat['id'], 'created_at, id');
    for (const row of rows) {
      const id = String(row['id']).replace(`${String(chat['id'])}-`, '');
      if (!found.has(id)) add(found, id, toMessage(row));
    }
  }
  return found;
}

/** A chat of a version without a tree: one message after the other. */
function addList(found: Map<string, Message>, list: readonly unknown[]): void {
  let parentId: string | null = null;
  for (const [at, one] of list.entries()) {
    const message = record(one);
    const id = text(message['id']) ?? `message-${at}`;
    add(found, id, { ...message, parentId });
    parentId = id;
  }
}

function toMessage(row: Row): Record<string, unknown> {
  return {
    parentId: text(row['parent_id']) ?? null,
    role: row['role'],
    content: json(row['content']) ?? text(row['content']) ?? '',
    output: json(row['output']),
    model: text(row['model_id']),
    files: json(row['files']),
    sources: json(row['sources']),
    statusHistory: json(row['status_history']),
    error: json(row['error']),
    usage: json(row['usage']),
    timestamp: seconds(row['created_at']),
  };
}

/** Keeps a message with the fields that are right; one without a known role is left out. */
function add(found: Map<string, Message>, id: string, message: Record<string, unknown>): void {
  const parentId = text(message['parentId']) ?? null;
  const whole = { ...without(message, (value) => value === null), id, parentId, done: true };
  const parsed = MessageSchema.safeParse(whole);
  if (parsed.success) {
    found.set(id, { ...parsed.data, parentId });
    return;
  }
  const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  const right = MessageSchema.safeParse(without(whole, (_, name) => wrong.has(name)));
  if (right.success) found.set(id, { ...right.data, parentId });
}

function without(
  fields: Readonly<Record<string, unknown>>,
  drops: (value: unknown, name: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !drops(value, name)));
}

/**
 * The messages in parts that fit into one call, parents before their children. A message that fits into none is replaced by a sentence.
 *
 * @param onTooLong called with the id of each message that is replaced
 */
export function* parts(
  messages: ReadonlyMap<string, Message>,
  onTooLong: (id: string) => void,
): Generator<Record<string, Message>> {
  let part: [string, Message][] = [];
  let chars = 0;
  for (const whole of parentsFirst(messages)) {
    let message = whole;
    let length = JSON.stringify(message).length;
    if (length > MAX_MESSAGE_CHARS) {
      onTooLong(message.id);
      const { id, parentId, role } = message;
      message = {
        id,
        parentId,
        childrenIds: [],
        role,
        done: true,
        content: `[A message of ${length} characters was too long to be imported.]`,
      };
      length = 200;
    }
    if (part.length > 0 && chars + length > PART_CHARS) {
      yield Object.fromEntries(part);
      part = [];
      chars = 0;
    }
    part.push([message.id, message]);
    chars += length;
  }
  if (part.length > 0 || messages.size === 0) yield Object.fromEntries(part);
}

/** Those that a cycle or a missing parent makes unreachable come at the end; they become roots. */
function parentsFirst(messages: ReadonlyMap<string, Message>): Message[] {
  const children = new Map<string | null, Message[]>();
  for (const message of messages.values()) {
    const parent = message.parentId !== null && messages.has(message.parentId) ? message.parentId : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(message);
    else children.set(parent, [message]);
  }
  const ordered = new Set<Message>(children.get(null));
  for (const message of ordered) for (const child of children.get(message.id) ?? []) ordered.add(child);
  for (const message of messages.values()) ordered.add(message);
  return [...ordered];
}
