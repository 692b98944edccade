import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Queryable } from '@perennial/persistence';
import { CHAT_LIST_ITEM } from '../../runs/types/chat-list-item';
import { jsonb } from '../../runs/types/json';

export interface Copy {
  /** Of the new chat. */
  id: string;
  /** The chat that is copied; this transaction has locked it. */
  of: string;
  title: string;
  /** The last message of the shown branch. */
  currentId: string | null;
  /** Only the messages up to `currentId`. */
  isPath: boolean;
}

/** From a message to the first one, by the primary key; UNION ends a circle. */
const PATH = `
  WITH RECURSIVE path AS (
    SELECT m.id, m.parent_id FROM messages m WHERE m.chat_id = $1 AND m.id = $3
    UNION
    SELECT m.id, m.parent_id FROM path p JOIN messages m ON m.chat_id = $1 AND m.id = p.parent_id
  )`;

/** Copies of chats, made within Postgres: no text leaves it. */
@Injectable()
export class CopiesRepository {
  async hasMessage(tx: Queryable, chatId: string, messageId: string): Promise<boolean> {
    return (await tx.first('SELECT 1 FROM messages WHERE chat_id = $1 AND id = $2', [chatId, messageId])) !== undefined;
  }

  async insert(tx: Queryable, { id, of, title, currentId, isPath }: Copy): Promise<ChatListItem> {
    const source = { originalChatId: of, ...(currentId === null ? {} : { branchPointMessageId: currentId }) };
    const row = await tx.first<ChatListItem>(
      `INSERT INTO chats AS c (id, user_id, title, models, params, meta, extra, folder_id, current_message_id, last_read_at)
       SELECT $2, s.user_id, $3, s.models, s.params, s.meta, s.extra || $4, s.folder_id, $5, now() FROM chats s WHERE s.id = $1
       RETURNING ${CHAT_LIST_ITEM}`,
      [of, id, title, jsonb(source), currentId],
    );
    await tx.execute(
      `${isPath ? PATH : ''}
       INSERT INTO messages (chat_id, id, parent_id, role, content, content_parts, model, model_idx, output, usage, error, extra, created_at)
       SELECT $2, m.id, m.parent_id, m.role, m.content, m.content_parts, m.model, m.model_idx, m.output, m.usage, m.error, m.extra, m.created_at
         FROM messages m WHERE m.chat_id = $1 ${isPath ? 'AND m.id IN (SELECT id FROM path)' : ''} ORDER BY m.seq`,
      [of, id, ...(isPath ? [currentId] : [])],
    );
    return row as ChatListItem;
  }
}
