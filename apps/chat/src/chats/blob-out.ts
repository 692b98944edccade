import type { Chat, WireMessage } from '@perennial/contracts-chat';
import { reasoningItem, splitThoughts } from '@perennial/contracts-kernel';
import type { ChatRow, MessageRow } from './rows';

/**
 * A page of rows as the wire's chat. `childrenIds` are derived from the parents, in the order of insertion. The wire's optional list
 * `messages` would repeat the text of the branch and is left out.
 *
 * @param hasOlder there are messages before the page
 */
export function toWireChat(chat: ChatRow, rows: readonly MessageRow[], hasOlder = false): Chat {
  const messages: Record<string, WireMessage> = {};
  for (const row of rows) messages[row.id] = toWireMessage(row);
  for (const { id, parent_id: parentId } of rows) if (parentId !== null) messages[parentId]?.childrenIds.push(id);
  const currentId = chat.current_message_id ?? rows.at(-1)?.id ?? null;
  return {
    id: chat.id,
    user_id: chat.user_id,
    title: chat.title,
    chat: {
      files: [],
      tags: [],
      ...chat.extra,
      id: chat.id,
      title: chat.title,
      models: chat.models,
      params: chat.params,
      history: { currentId, messages, ...(hasOlder && rows[0] ? { before: rows[0].id } : {}) },
      timestamp: chat.created_at * 1000,
    },
    created_at: chat.created_at,
    updated_at: chat.updated_at,
    share_id: null,
    archived: chat.archived,
    pinned: chat.pinned,
    meta: { tags: [], ...chat.meta },
    variables: {},
    folder_id: chat.folder_id,
    current_message_id: currentId,
    last_read_at: chat.last_read_at,
  };
}

function toWireMessage(row: MessageRow): WireMessage {
  const message: WireMessage = {
    ...row.extra,
    id: row.id,
    parentId: row.parent_id,
    childrenIds: [],
    role: row.role,
    content: row.content_parts ?? row.content,
    timestamp: row.created_at,
  };
  if (row.role !== 'assistant') return message;
  message.done = row.done;
  if (row.model !== null) {
    message.model = row.model;
    message.modelName = row.extra.modelName ?? row.model;
  }
  if (row.model_idx !== null) message.modelIdx = row.model_idx;
  for (const field of ['output', 'usage', 'error'] as const) if (row[field] !== null) message[field] = row[field];
  return row.content_parts === null ? withThoughtsApart(message, row) : message;
}

/**
 * The answer as `content`, and its thoughts, if any, as `output`: the text of a running answer contains them, and so do answers that were
 * stored before thoughts were separated.
 */
function withThoughtsApart(message: WireMessage, { id, content, output, done }: MessageRow): WireMessage {
  const { thoughts, answer } = output === null ? splitThoughts(content) : { thoughts: '', answer: content };
  const status = done ? 'completed' : 'in_progress';
  const items = thoughts === '' ? output : [reasoningItem(id, thoughts, status)];
  if (!Array.isArray(items) || !items.every(isReasoning)) return message;
  const text = {
    type: 'message',
    id: `msg_${id}`,
    status,
    role: 'assistant',
    content: [{ type: 'output_text', text: answer }],
  };
  return { ...message, content: answer, output: [...items, text] };
}

function isReasoning(item: unknown): boolean {
  return (item as { type?: unknown } | null)?.type === 'reasoning';
}
