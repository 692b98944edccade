import { Injectable } from '@nestjs/common';
import type { ChatListItem, chats } from '@perennial/contracts-chat';
import type { CallParsedRequest, UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable, ReplicaReads } from '@perennial/persistence';
import { jsonb } from '../runs/types/json';
import { tooLargeToAnswer } from './answerable';
import type { ChatChange } from './blob-in';
import { CHAT_LIST_ITEM, seconds } from './chat-list-item';
import type { MessageRow, StoredChat } from './rows';

const PAGE = 60;
/** Limit of "all" without a page: a longer sidebar is not readable, and a reply must be bounded. */
const ALL = 10_000;

const MESSAGE = `json_build_object('id', m.id, 'parent_id', m.parent_id, 'role', m.role, 'content', m.content, 'content_parts', m.content_parts,
  'model', m.model, 'model_idx', m.model_idx, 'done', m.done, 'output', m.output, 'usage', m.usage, 'error', m.error, 'extra', m.extra,
  'created_at', ${seconds('m.created_at')})`;

/** Bytes of a message in a reply besides its contents. */
const MESSAGE_BYTES = 300;
/** Bytes of the messages of one reply. `before` requests the rest. */
const PAGE_BYTES = 2_000_000;
/** Most messages of a page; this many are measured for one. */
const PAGE_MESSAGES = Math.ceil(PAGE_BYTES / MESSAGE_BYTES);
/** Bytes of the messages that one update may change. */
const UPDATE_BYTES = 32_000_000;
/** Bytes of a client's own data. Larger data is from before the limit: it is kept and not returned. */
const EXTRA_BYTES = 8_000_000;

/** Approximate bytes of a message in a reply. */
const SIZE = `octet_length(m.content) + coalesce(octet_length(m.content_parts::text), 0) + coalesce(octet_length(m.output::text), 0)
  + octet_length(m.extra::text) + ${MESSAGE_BYTES}`;

/** Running sums from the newest message on, to find the messages that fit. */
const sized = (messages: string, limit = 'ALL'): string => `
  SELECT m.*, row_number() OVER newest AS nth, sum(${SIZE}) OVER newest AS bytes
    FROM (SELECT m.* FROM messages m WHERE m.chat_id = $1 AND ${messages} ORDER BY m.seq DESC LIMIT ${limit}) m
  WINDOW newest AS (ORDER BY m.seq DESC)`;

const CHAT = `json_build_object('id', c.id, 'user_id', c.user_id, 'title', c.title, 'models', c.models, 'params', c.params, 'meta', c.meta,
  'extra', CASE WHEN octet_length(c.extra::text) <= ${EXTRA_BYTES} THEN c.extra ELSE '{}' END,
  'folder_id', c.folder_id, 'archived', c.archived, 'pinned', c.pinned, 'current_message_id', c.current_message_id,
  'last_read_at', ${seconds('c.last_read_at')}, 'created_at', ${seconds('c.created_at')}, 'updated_at', ${seconds('c.updated_at')})`;

/** One statement for a chat, a page of its messages and its running answers, hence of one moment. */
const STORED = `
WITH sized AS (${sized('($3::text IS NULL OR m.seq < (SELECT b.seq FROM messages b WHERE b.chat_id = $1 AND b.id = $3))', `${PAGE_MESSAGES + 1}`)}),
page AS (SELECT * FROM sized WHERE nth = 1 OR bytes <= ${PAGE_BYTES})
SELECT ${CHAT} AS chat,
       (SELECT coalesce(json_agg(${MESSAGE} ORDER BY m.seq), '[]') FROM page m) AS messages,
       (SELECT count(*) FROM sized) > (SELECT count(*) FROM page) AS has_older,
       (SELECT coalesce(json_agg(json_build_object('runId', r.id, 'messageId', r.message_id, 'checkpoints',
                (SELECT json_agg(json_build_object('generation', k.generation, 'epoch', k.epoch, 'start', k.start, 'text', k.text)
                                 ORDER BY k.generation, k.epoch, k.start) FROM run_checkpoints k WHERE k.run_id = r.id))), '[]')
          FROM runs r WHERE r.chat_id = c.id AND r.state IN ('queued', 'running')) AS running
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;

/** Messages of a chat by their ids, and whether they exceed what one update may change. */
const NAMED = `
WITH sized AS (${sized('m.id = ANY ($2::text[])')})
SELECT (SELECT coalesce(json_agg(${MESSAGE} ORDER BY m.seq), '[]') FROM sized m WHERE m.bytes <= ${UPDATE_BYTES}) AS messages,
       EXISTS (SELECT 1 FROM sized WHERE bytes > ${UPDATE_BYTES}) AS too_large`;

const ORDER = { updated_at: 'c.updated_at', created_at: 'c.created_at', title: 'lower(c.title)' } as const;

/** The rows of one user's chats. */
@Injectable()
export class ChatsRepository {
  constructor(
    private readonly database: Database,
    private readonly replicas: ReplicaReads,
  ) {}

  async list({ userId }: UserPrincipal, request: CallParsedRequest<typeof chats.list>): Promise<ChatListItem[]> {
    const { page, pinned, archived, sortBy, direction } = request;
    const [limit, offset] = page === undefined ? [ALL, 0] : [PAGE, (page - 1) * PAGE];
    const order = `${ORDER[sortBy]} ${direction === 'asc' ? 'ASC' : 'DESC'}, c.id`;
    return this.replicas.run((database) =>
      database.query<ChatListItem>(
        `SELECT ${CHAT_LIST_ITEM} FROM chats c
          WHERE c.user_id = $1 AND c.archived = $2 AND ($3::boolean IS NULL OR c.pinned = $3)
          ORDER BY ${order} LIMIT $4 OFFSET $5`,
        [userId, archived, pinned ?? null, limit, offset],
        { name: `chats.list.${sortBy}.${direction}` },
      ),
    );
  }

  /** @param before id of a message: only older ones are read */
  async get({ userId }: UserPrincipal, chatId: string, before?: string): Promise<StoredChat | undefined> {
    return this.database.first<StoredChat>(STORED, [chatId, userId, before ?? null], { name: 'chats.get' });
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
  ): Promise<void> {
    await tx.execute(
      `INSERT INTO chats (id, user_id, title, models, params, extra, current_message_id, folder_id, last_read_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())`,
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
  }

  /**
   * Inserts a chat of another product with its times.
   *
   * @returns false when there is a chat with this id
   */
  async insertImported(
    tx: Queryable,
    { userId }: UserPrincipal,
    chat: Omit<CallParsedRequest<typeof chats.importChat>, 'chat'> & ChatChange & { title: string },
  ): Promise<boolean> {
    const inserted = await tx.execute(
      `INSERT INTO chats (id, user_id, title, models, params, extra, current_message_id, folder_id, meta, pinned, archived, created_at,
                          updated_at, last_read_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12), to_timestamp($13), now())
       ON CONFLICT DO NOTHING`,
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
    return inserted === 1;
  }

  /**
   * Fields without a change stay.
   *
   * @returns the bytes of the client's own data
   */
  async update(tx: Queryable, { userId }: UserPrincipal, chatId: string, change: ChatChange): Promise<number> {
    const { title, models, params, extra, currentMessageId } = change;
    const row = await tx.first<{ bytes: number }>(
      `UPDATE chats SET title = coalesce($3, title), models = coalesce($4, models), params = coalesce($5, params), extra = extra || $6,
              current_message_id = coalesce($7, current_message_id), updated_at = now(), version = version + 1
        WHERE id = $1 AND user_id = $2
       RETURNING octet_length(extra::text) + octet_length(params::text) AS bytes`,
      [chatId, userId, title ?? null, orNull(models), orNull(params), jsonb(extra), currentMessageId ?? null],
    );
    return row?.bytes ?? 0;
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
   * @returns whether it was the user's
   */
  async delete(tx: Queryable, { userId }: UserPrincipal, chatId: string): Promise<boolean> {
    if ((await tx.execute('DELETE FROM chats WHERE id = $1 AND user_id = $2', [chatId, userId])) === 0) return false;
    await tx.execute('DELETE FROM side_effects WHERE key = $1', [`title:${chatId}`]);
    await tx.execute('DELETE FROM runs WHERE chat_id = $1 AND published_at IS NOT NULL', [chatId]);
    return true;
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

  /** @returns the new marker, epoch seconds; undefined when the chat is not the user's */
  async markRead({ userId }: UserPrincipal, chatId: string): Promise<number | undefined> {
    const row = await this.database.first<{ at: number }>(
      `UPDATE chats SET last_read_at = now() WHERE id = $1 AND user_id = $2 RETURNING ${seconds('last_read_at')} AS at`,
      [chatId, userId],
    );
    return row?.at;
  }
}

function orNull(value: unknown): string | null {
  return value === undefined ? null : jsonb(value);
}
