import { Injectable } from '@nestjs/common';
import type { ChatListItem, chats } from '@perennial/contracts-chat';
import type { CallParsedRequest, UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable, ReplicaReads } from '@perennial/persistence';
import { CHAT_LIST_ITEM, TAGS } from '../runs/types/chat-list-item';
import { jsonb, storableText } from '../runs/types/json';
import { tooLargeToAnswer } from './answerable';
import type { ChatChange } from './blob-in';
import type { MessageRow } from './rows';
import { NAMED } from './stored-chat-sql';

const PAGE = 60;
/** Limit of "all" without a page: a longer sidebar is not readable, and a reply must be bounded. */
const ALL = 10_000;

const ORDER = { updated_at: 'c.updated_at', created_at: 'c.created_at', title: 'lower(c.title)' } as const;

/** The rows of one user's chats. */
@Injectable()
export class ChatsRepository {
  constructor(
    private readonly database: Database,
    private readonly replicas: ReplicaReads,
  ) {}

  async list({ userId }: UserPrincipal, request: CallParsedRequest<typeof chats.list>): Promise<ChatListItem[]> {
    const { page, pinned, archived, title, sortBy, direction } = request;
    const [limit, offset] = page === undefined ? [ALL, 0] : [PAGE, (page - 1) * PAGE];
    // Written out, not as parameters: pinned chats and the archive have indexes of their own.
    const which = [archived ? 'c.archived' : 'NOT c.archived'];
    if (pinned !== undefined) which.push(pinned ? 'c.pinned' : 'NOT c.pinned');
    if (title !== undefined) which.push('c.title ILIKE $4');
    const order = `${ORDER[sortBy]} ${direction === 'asc' ? 'ASC' : 'DESC'}, c.id`;
    return this.replicas.run((database) =>
      database.query<ChatListItem>(
        `SELECT ${CHAT_LIST_ITEM} FROM chats c WHERE c.user_id = $1 AND ${which.join(' AND ')} ORDER BY ${order} LIMIT $2 OFFSET $3`,
        [userId, limit, offset, ...(title === undefined ? [] : [containing(title)])],
        { name: `chats.list.${which.length}.${archived}.${pinned}.${sortBy}.${direction}` },
      ),
    );
  }

  /**
   * Locks those of the named messages that the chat has for this transaction, which changes them: other updates wait. Turns are still
   * accepted.
   *
   * @returns undefined when the chat is not the user's
   * @throws CallError PAYLOAD_TOO_LARGE when they are too large to be changed at once
   */
  async lock(
    tx: Queryable,
    { userId }: UserPrincipal,
    chatId: string,
    messageIds: readonly string[],
  ): Promise<MessageRow[] | undefined> {
    const chat = await tx.first('SELECT 1 FROM chats WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE', [
      chatId,
      userId,
    ]);
    if (chat === undefined) return undefined;
    const named = await tx.first<{ messages: MessageRow[]; too_large: boolean }>(NAMED, [chatId, messageIds]);
    if (named?.too_large) throw tooLargeToAnswer('These messages are too large to be changed at once. Change fewer.');
    return named?.messages;
  }

  async insert(
    tx: Queryable,
    { userId }: UserPrincipal,
    chatId: string,
    { title, models, params, extra, currentMessageId }: ChatChange & { title: string },
    folderId: string | null,
  ): Promise<ChatListItem> {
    const row = await tx.first<ChatListItem>(
      `INSERT INTO chats AS c (id, user_id, title, models, params, extra, current_message_id, folder_id, last_read_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) RETURNING ${CHAT_LIST_ITEM}`,
      [
        chatId,
        userId,
        title,
        jsonb(models ?? []),
        jsonb(params ?? {}),
        jsonb(extra),
        currentMessageId ?? null,
        folderId,
      ],
    );
    return row as ChatListItem;
  }

  /**
   * Inserts a chat of another product with its times.
   *
   * @returns undefined when there is a chat with this id
   */
  async insertImported(
    tx: Queryable,
    { userId }: UserPrincipal,
    chat: Omit<CallParsedRequest<typeof chats.importChat>, 'chat'> & ChatChange & { title: string },
  ): Promise<ChatListItem | undefined> {
    return tx.first<ChatListItem>(
      `INSERT INTO chats AS c (id, user_id, title, models, params, extra, current_message_id, folder_id, meta, pinned, archived, created_at,
                          updated_at, last_read_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12), to_timestamp($13), now())
       ON CONFLICT DO NOTHING RETURNING ${CHAT_LIST_ITEM}`,
      [
        chat.chatId,
        userId,
        chat.title,
        jsonb(chat.models ?? []),
        jsonb(chat.params ?? {}),
        jsonb(chat.extra),
        chat.currentMessageId ?? null,
        chat.folderId ?? null,
        jsonb(chat.meta),
        chat.pinned,
        chat.archived,
        chat.createdAt,
        chat.updatedAt,
      ],
    );
  }

  /**
   * Fields without a change stay.
   *
   * @param moves the chat becomes the newest; looking at another branch of it is no change of the chat
   * @param isNews there is something to read in it; otherwise what its owner had read stays read
   * @returns the row of the list, and the bytes of the client's own data
   */
  async update(
    tx: Queryable,
    { userId }: UserPrincipal,
    chatId: string,
    change: ChatChange,
    { moves, isNews }: { moves: boolean; isNews: boolean },
  ): Promise<ChatListItem & { bytes: number }> {
    const { title, models, params, extra, currentMessageId } = change;
    const row = await tx.first<ChatListItem & { bytes: number }>(
      `UPDATE chats c SET title = coalesce($3, title), models = coalesce($4, models), params = coalesce($5, params), extra = extra || $6,
              current_message_id = coalesce($7, current_message_id), updated_at = CASE WHEN $8 THEN now() ELSE updated_at END,
              last_read_at = CASE WHEN $8 AND NOT $9 AND last_read_at >= updated_at THEN now() ELSE last_read_at END, version = version + 1
        WHERE id = $1 AND user_id = $2
       RETURNING octet_length(extra::text) + octet_length(params::text) AS bytes, ${CHAT_LIST_ITEM}`,
      [
        chatId,
        userId,
        title ?? null,
        orNull(models),
        orNull(params),
        jsonb(extra),
        currentMessageId ?? null,
        moves,
        isNews,
      ],
    );
    return row as ChatListItem & { bytes: number };
  }

  /**
   * Inserts rows in this order, replaces existing ones. This transaction must have checked that the chat is the user's.
   */
  async putMessages(tx: Queryable, chatId: string, rows: readonly MessageRow[]): Promise<void> {
    if (rows.length === 0) return;
    await tx.execute(
      `INSERT INTO messages (chat_id, id, parent_id, role, content, content_parts, model, model_idx, done, output, usage, error, extra, created_at)
       SELECT $1, m.id, m.parent_id, m.role, m.content, nullif(m.content_parts, 'null'), m.model, m.model_idx, m.done,
              nullif(m.output, 'null'), nullif(m.usage, 'null'), nullif(m.error, 'null'), m.extra, to_timestamp(m.created_at)
         FROM ROWS FROM (jsonb_to_recordset($2) AS (id text, parent_id text, role text, content text, content_parts jsonb, model text,
                         model_idx int, done boolean, output jsonb, usage jsonb, error jsonb, extra jsonb, created_at float8))
              WITH ORDINALITY AS m
        ORDER BY m.ordinality
       ON CONFLICT (chat_id, id) DO UPDATE
          SET content = excluded.content, content_parts = excluded.content_parts, model = excluded.model, model_idx = excluded.model_idx,
              output = excluded.output, usage = excluded.usage, error = excluded.error, extra = excluded.extra, updated_at = now()
        WHERE messages.done`,
      [chatId, jsonb(rows)],
    );
  }

  /**
   * Deletes a chat with all copies of its text, except runs that are still being ended.
   *
   * @returns the ids of its tags; undefined when it was not the user's
   */
  async delete(tx: Queryable, { userId }: UserPrincipal, chatId: string): Promise<string[] | undefined> {
    const deleted = await tx.first<{ tags: string[] }>(
      `DELETE FROM chats c WHERE c.id = $1 AND c.user_id = $2 RETURNING ${TAGS} AS tags`,
      [chatId, userId],
    );
    if (deleted === undefined) return undefined;
    await tx.execute('DELETE FROM side_effects WHERE key = $1 OR run_id IN (SELECT id FROM runs WHERE chat_id = $2)', [
      `title:${chatId}`,
      chatId,
    ]);
    await tx.execute('DELETE FROM runs WHERE chat_id = $1 AND published_at IS NOT NULL', [chatId]);
    return deleted.tags;
  }

  /**
   * Deletes a user's chats, except runs that are still being ended.
   *
   * @returns the number of chats
   */
  async deleteAllOf(tx: Queryable, userId: string): Promise<number> {
    const chats = await tx.execute('DELETE FROM chats WHERE user_id = $1', [userId]);
    await tx.execute('DELETE FROM side_effects WHERE user_id = $1', [userId]);
    await tx.execute('DELETE FROM runs WHERE user_id = $1 AND published_at IS NOT NULL', [userId]);
    return chats;
  }
}

/** A pattern for texts that have this one in them. */
const containing = (text: string): string => `%${storableText(text).replace(/[\\%_]/g, '\\$&')}%`;

function orNull(value: unknown): string | null {
  return value === undefined ? null : jsonb(value);
}
