import { Injectable } from '@nestjs/common';
import type { ChatListItem, LIST_CHATS } from '@perennial/contracts-chat';
import type { CallParsedRequest, UserPrincipal } from '@perennial/contracts-kernel';
import { Database, type Queryable } from '@perennial/persistence';
import { jsonb } from '../runs/model/json';
import type { ChatChange } from './blob-in';
import { CHAT_LIST_ITEM, seconds } from './chat-list-item';
import type { MessageRow, StoredChat } from './rows';

const PAGE = 60;
/** What "all" means without a page: a sidebar with more is not read by anybody, and an answer has to end somewhere. */
const ALL = 10_000;

const MESSAGE = `json_build_object('id', m.id, 'parent_id', m.parent_id, 'role', m.role, 'content', m.content, 'content_parts', m.content_parts,
  'model', m.model, 'model_idx', m.model_idx, 'done', m.done, 'output', m.output, 'usage', m.usage, 'error', m.error, 'extra', m.extra,
  'created_at', ${seconds('m.created_at')})`;

/** One statement for a chat, its messages and what is being written in it, hence of one moment. */
const STORED = `
SELECT json_build_object('id', c.id, 'user_id', c.user_id, 'title', c.title, 'models', c.models, 'params', c.params, 'meta', c.meta,
         'extra', c.extra, 'folder_id', c.folder_id, 'archived', c.archived, 'pinned', c.pinned, 'current_message_id', c.current_message_id,
         'last_read_at', ${seconds('c.last_read_at')}, 'created_at', ${seconds('c.created_at')}, 'updated_at', ${seconds('c.updated_at')}) AS chat,
       (SELECT coalesce(json_agg(${MESSAGE} ORDER BY m.seq), '[]') FROM messages m WHERE m.chat_id = c.id) AS messages,
       (SELECT coalesce(json_agg(json_build_object('runId', r.id, 'messageId', r.message_id, 'checkpoints',
                (SELECT json_agg(json_build_object('generation', k.generation, 'epoch', k.epoch, 'start', k.start, 'text', k.text)
                                 ORDER BY k.generation, k.epoch, k.start) FROM run_checkpoints k WHERE k.run_id = r.id))), '[]')
          FROM runs r WHERE r.chat_id = c.id AND r.state IN ('queued', 'running')) AS running
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;

const ORDER = { updated_at: 'c.updated_at', created_at: 'c.created_at', title: 'lower(c.title)' } as const;

/** The rows of one user's chats. */
@Injectable()
export class ChatsRepository {
  constructor(private readonly database: Database) {}

  async list({ userId }: UserPrincipal, request: CallParsedRequest<typeof LIST_CHATS>): Promise<ChatListItem[]> {
    const { page, pinned, archived, sortBy, direction } = request;
    const [limit, offset] = page === undefined ? [ALL, 0] : [PAGE, (page - 1) * PAGE];
    const order = `${ORDER[sortBy]} ${direction === 'asc' ? 'ASC' : 'DESC'}, c.id`;
    return this.database.query<ChatListItem>(
      `SELECT ${CHAT_LIST_ITEM} FROM chats c
        WHERE c.user_id = $1 AND c.archived = $2 AND ($3::boolean IS NULL OR c.pinned = $3)
        ORDER BY ${order} LIMIT $4 OFFSET $5`,
      [userId, archived, pinned ?? null, limit, offset],
      { name: `chats.list.${sortBy}.${direction}` },
    );
  }

  async get({ userId }: UserPrincipal, chatId: string): Promise<StoredChat | undefined> {
    return this.database.first<StoredChat>(STORED, [chatId, userId], { name: 'chats.get' });
  }

  /** The chat as this transaction sees it, which changes it: others who would change it wait. Turns are still accepted. */
  async lock(tx: Queryable, { userId }: UserPrincipal, chatId: string): Promise<StoredChat | undefined> {
    await tx.execute('SELECT 1 FROM chats WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE', [chatId, userId]);
    return tx.first<StoredChat>(STORED, [chatId, userId]);
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

  /** What the change does not name stays. */
  async update(tx: Queryable, { userId }: UserPrincipal, chatId: string, change: ChatChange): Promise<void> {
    const { title, models, params, extra, currentMessageId } = change;
    await tx.execute(
      `UPDATE chats SET title = coalesce($3, title), models = coalesce($4, models), params = coalesce($5, params), extra = extra || $6,
              current_message_id = coalesce($7, current_message_id), updated_at = now(), version = version + 1
        WHERE id = $1 AND user_id = $2`,
      [chatId, userId, title ?? null, orNull(models), orNull(params), jsonb(extra), currentMessageId ?? null],
    );
  }

  /** Inserts rows in this order, replaces those that are there. The chat must have been found to be the user's in this transaction. */
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

  /** Deletes a chat with all that repeats its text, less the runs that are still being ended. @returns whether it was the user's */
  async delete(tx: Queryable, { userId }: UserPrincipal, chatId: string): Promise<boolean> {
    if ((await tx.execute('DELETE FROM chats WHERE id = $1 AND user_id = $2', [chatId, userId])) === 0) return false;
    await tx.execute('DELETE FROM side_effects WHERE key = $1', [`title:${chatId}`]);
    await tx.execute('DELETE FROM runs WHERE chat_id = $1 AND published_at IS NOT NULL', [chatId]);
    return true;
  }

  /** Deletes what a user has here, less the runs that are still being ended. @returns the number of chats */
  async deleteAllOf(tx: Queryable, userId: string): Promise<number> {
    const chats = await tx.execute('DELETE FROM chats WHERE user_id = $1', [userId]);
    await tx.execute('DELETE FROM side_effects WHERE user_id = $1', [userId]);
    await tx.execute('DELETE FROM runs WHERE user_id = $1 AND terminal IS NOT NULL', [userId]);
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
