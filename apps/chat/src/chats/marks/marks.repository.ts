import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable, ReplicaReads } from '@perennial/persistence';
import { CHAT_LIST_ITEM } from '../../runs/types/chat-list-item';

/** A mark that is on or off. */
export type Mark = 'pinned' | 'archived';

export interface Marks {
  pinned: boolean;
  archived: boolean;
}

/** What owners mark their chats with. Each statement that changes a chat returns its row of the list. */
@Injectable()
export class MarksRepository {
  constructor(
    private readonly database: Database,
    private readonly replicas: ReplicaReads,
  ) {}

  /**
   * @param on undefined: turned over, in one statement, so that two at once are two turns
   *
   * @returns undefined when the chat is not the user's
   */
  set(
    tx: Queryable,
    { userId }: UserPrincipal,
    chatId: string,
    mark: Mark,
    on: boolean | undefined,
  ): Promise<ChatListItem | undefined> {
    return tx.first<ChatListItem>(
      `UPDATE chats c SET ${mark} = coalesce($3, NOT c.${mark}) WHERE c.id = $1 AND c.user_id = $2 RETURNING ${CHAT_LIST_ITEM}`,
      [chatId, userId, on ?? null],
    );
  }

  /** In the order of their ids: two statements for many chats do not wait for each other in a circle. */
  archiveAll({ userId }: UserPrincipal, archived: boolean): Promise<number> {
    return this.database.execute(
      `UPDATE chats SET archived = $2
        WHERE id IN (SELECT id FROM chats WHERE user_id = $1 AND archived <> $2 ORDER BY id FOR NO KEY UPDATE)`,
      [userId, archived],
    );
  }

  /** A chat that was never opened counts as read from now on, too. */
  readAll({ userId }: UserPrincipal): Promise<number> {
    return this.database.execute(
      `UPDATE chats SET last_read_at = now()
        WHERE id IN (SELECT id FROM chats WHERE user_id = $1 AND (last_read_at IS NULL OR last_read_at < updated_at)
                      ORDER BY id FOR NO KEY UPDATE)`,
      [userId],
    );
  }

  /** The marker is a whole second before the last change: clients compare seconds. */
  unread(
    { userId }: UserPrincipal,
    chatId: string,
  ): Promise<(ChatListItem & { folder_id: string | null }) | undefined> {
    return this.database.first(
      `UPDATE chats c SET last_read_at = c.updated_at - interval '1 second' WHERE c.id = $1 AND c.user_id = $2
       RETURNING c.folder_id, ${CHAT_LIST_ITEM}`,
      [chatId, userId],
    );
  }

  /** Sets the read marker to now. */
  read({ userId }: UserPrincipal, chatId: string): Promise<ChatListItem | undefined> {
    return this.database.first(
      `UPDATE chats c SET last_read_at = now() WHERE c.id = $1 AND c.user_id = $2 RETURNING ${CHAT_LIST_ITEM}`,
      [chatId, userId],
    );
  }

  get({ userId }: UserPrincipal, chatId: string): Promise<Marks | undefined> {
    return this.replicas.run((database) =>
      database.first<Marks>('SELECT pinned, archived FROM chats WHERE id = $1 AND user_id = $2', [chatId, userId]),
    );
  }

  async countArchived({ userId }: UserPrincipal): Promise<number> {
    const row = await this.replicas.run((database) =>
      database.first<{ count: number }>('SELECT count(*)::int AS count FROM chats WHERE user_id = $1 AND archived', [
        userId,
      ]),
    );
    return row?.count ?? 0;
  }
}
