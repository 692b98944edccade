import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { Queryable } from '@perennial/persistence';
import { CHAT_LIST_ITEM } from '../../runs/types/chat-list-item';
import type { Removal, TreeRow } from './message-tree';

/** Single messages of a chat, which this transaction has locked. */
@Injectable()
export class MessagesRepository {
  /** Every message's place, in the order of insertion. */
  tree(tx: Queryable, chatId: string): Promise<TreeRow[]> {
    return tx.query<TreeRow>('SELECT id, parent_id FROM messages WHERE chat_id = $1 ORDER BY seq', [chatId]);
  }

  /** Deletes messages with all copies of their texts, except runs that are still being ended or have a title to make. */
  async delete(tx: Queryable, userId: string, chatId: string, id: string, { gone, parentId }: Removal): Promise<void> {
    await tx.execute(
      'UPDATE messages SET parent_id = $3, updated_at = now() WHERE chat_id = $1 AND parent_id = $2 AND id <> ALL ($4::text[])',
      [chatId, id, parentId, gone],
    );
    const deleted = await tx.query<{ bytes: number }>(
      `DELETE FROM messages WHERE chat_id = $1 AND id = ANY ($2::text[])
       RETURNING message_bytes(content, content_parts, output, extra)::float8 AS bytes`,
      [chatId, gone],
    );
    await tx.execute(
      `DELETE FROM runs r WHERE r.chat_id = $1 AND r.message_id = ANY ($2::text[]) AND r.published_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM side_effects s WHERE s.run_id = r.id AND s.state <> 'done')`,
      [chatId, gone],
    );
    // In this order: an indexer that has read a text stores its words only while the text is pending, and is waited for here.
    await tx.execute('DELETE FROM search_pending WHERE chat_id = $1 AND message_id = ANY ($2::text[])', [chatId, gone]);
    await tx.execute('DELETE FROM search_words WHERE chat_id = $1 AND message_id = ANY ($2::text[])', [chatId, gone]);
    // The last statement but the chat's: who holds a user's figure waits for no other row.
    const bytes = deleted.reduce((sum, row) => sum + row.bytes, 0);
    await tx.execute('SELECT add_usage($1, $2)', [userId, -bytes]);
  }

  /** The chat has changed, and nothing in it is news to its owner. */
  async touch(tx: Queryable, chatId: string, currentId: string | null): Promise<ChatListItem> {
    const row = await tx.first<ChatListItem>(
      `UPDATE chats c SET current_message_id = $2, updated_at = now(), version = c.version + 1,
              last_read_at = CASE WHEN c.last_read_at >= c.updated_at THEN now() ELSE c.last_read_at END
        WHERE c.id = $1 RETURNING ${CHAT_LIST_ITEM}`,
      [chatId, currentId],
    );
    return row as ChatListItem;
  }
}
