import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import type { Tag } from '@perennial/contracts-wire';
import { type Queryable, ReplicaReads } from '@perennial/persistence';
import { CHAT_LIST_ITEM, TAGS } from '../../runs/types/chat-list-item';
import { jsonb } from '../../runs/types/json';

/** Chats of a user that have an index of their own. The expression is that of the index. */
export const TAGGED = `c.meta->'tags' <> '[]'`;

/** Most tags of a reply. More than a user may make: imports bring what there is. */
const ALL = 10_000;

/** The tags of ids `t.id`, with the names that their user gave them. */
const NAMED = `t.id, coalesce(n.name, t.id) AS name, $1::uuid AS user_id, NULL AS meta`;

/**
 * The tags of a chat are ids in its `meta`, as they are on the wire and as imports bring them; the table has their names. A name is there as
 * long as a chat has the tag, and nothing else depends on it: without one a tag is called by its id.
 */
@Injectable()
export class TagsRepository {
  constructor(private readonly replicas: ReplicaReads) {}

  /** Serialises what adds and removes names of a user, until the end of the transaction; before anything else is locked. */
  async lock(tx: Queryable, userId: string): Promise<void> {
    await tx.execute(`SELECT pg_advisory_xact_lock(hashtextextended('tags:' || $1, 0))`, [userId], {
      name: 'tags.lock',
    });
  }

  /** The ids of a chat's tags, which this transaction may then change; undefined when the chat is not the user's. */
  async idsOf(tx: Queryable, { userId }: UserPrincipal, chatId: string): Promise<string[] | undefined> {
    const row = await tx.first<{ tags: string[] }>(
      `SELECT ${TAGS} AS tags FROM chats c WHERE c.id = $1 AND c.user_id = $2 FOR NO KEY UPDATE`,
      [chatId, userId],
    );
    return row?.tags;
  }

  async put(tx: Queryable, chatId: string, ids: readonly string[]): Promise<ChatListItem> {
    const row = await tx.first<ChatListItem>(
      `UPDATE chats c SET meta = c.meta || jsonb_build_object('tags', $2::jsonb) WHERE c.id = $1 RETURNING ${CHAT_LIST_ITEM}`,
      [chatId, jsonb(ids)],
    );
    return row as ChatListItem;
  }

  /** Different tags of a user. */
  async count(tx: Queryable, { userId }: UserPrincipal): Promise<number> {
    const row = await tx.first<{ count: number }>('SELECT count(*)::int AS count FROM tags WHERE user_id = $1', [
      userId,
    ]);
    return row?.count ?? 0;
  }

  async isNamed(tx: Queryable, { userId }: UserPrincipal, id: string): Promise<boolean> {
    return (await tx.first('SELECT 1 FROM tags WHERE user_id = $1 AND id = $2', [userId, id])) !== undefined;
  }

  /** Names that the user has already stay. */
  async name(tx: Queryable, { userId }: UserPrincipal, names: ReadonlyMap<string, string>): Promise<void> {
    await tx.execute(
      `INSERT INTO tags (user_id, id, name) SELECT $1, t.id, t.name FROM unnest($2::text[], $3::text[]) AS t (id, name) ORDER BY t.id
       ON CONFLICT DO NOTHING`,
      [userId, [...names.keys()], [...names.values()]],
    );
  }

  /** Forgets the names of those tags that no chat of the user has any more. */
  async forget(tx: Queryable, userId: string, ids: readonly string[]): Promise<void> {
    await tx.execute(
      `DELETE FROM tags t WHERE t.user_id = $1 AND t.id = ANY ($2::text[])
          AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.user_id = $1 AND ${TAGGED} AND c.meta->'tags' ? t.id)`,
      [userId, ids],
    );
  }

  async forgetAll(tx: Queryable, userId: string): Promise<void> {
    await tx.execute('DELETE FROM tags WHERE user_id = $1', [userId]);
  }

  /** Undefined when the chat is not the user's. */
  async ofChat({ userId }: UserPrincipal, chatId: string): Promise<Tag[] | undefined> {
    const row = await this.replicas.run((database) =>
      database.first<{ tags: Tag[] }>(
        `SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', coalesce(n.name, t.id), 'user_id', c.user_id, 'meta', NULL)
                                           ORDER BY t.at), '[]')
                   FROM jsonb_array_elements_text(${TAGS}) WITH ORDINALITY t (id, at) LEFT JOIN tags n ON n.user_id = c.user_id AND n.id = t.id) AS tags
           FROM chats c WHERE c.id = $2 AND c.user_id = $1`,
        [userId, chatId],
        { name: 'tags.of-chat' },
      ),
    );
    return row?.tags;
  }

  all({ userId }: UserPrincipal): Promise<Tag[]> {
    return this.replicas.run((database) =>
      database.query<Tag>(
        `SELECT ${NAMED}
           FROM (SELECT DISTINCT each.id FROM chats c CROSS JOIN LATERAL jsonb_array_elements_text(${TAGS}) each (id)
                  WHERE c.user_id = $1 AND NOT c.archived AND ${TAGGED}) t
           LEFT JOIN tags n ON n.user_id = $1 AND n.id = t.id
          ORDER BY t.id LIMIT ${ALL}`,
        [userId],
        { name: 'tags.all' },
      ),
    );
  }

  chats({ userId }: UserPrincipal, id: string, skip: number, limit: number): Promise<ChatListItem[]> {
    return this.replicas.run((database) =>
      database.query<ChatListItem>(
        `SELECT ${CHAT_LIST_ITEM} FROM chats c
          WHERE c.user_id = $1 AND NOT c.archived AND ${TAGGED} AND c.meta->'tags' ? $2
          ORDER BY c.updated_at DESC, c.id LIMIT $3 OFFSET $4`,
        [userId, id, limit, skip],
        { name: 'tags.chats' },
      ),
    );
  }
}
