import { Injectable } from '@nestjs/common';
import type { ChatListItem } from '@perennial/contracts-chat';
import { HeavyReads, ReplicaReads, type Waiter } from '@perennial/persistence';
import { CHAT_LIST_ITEM } from '../../runs/types/chat-list-item';
import { GRAM_MARK, OWNER_MARK } from './lexemes';
import { type ChatFilter, matchingChats } from './operators';
import type { ChatQuery } from './query';

const PAGE = 60;
/** Characters around the first word in which the snippet is searched. */
const EXCERPT = 2_000;

export type FoundChat = Omit<ChatListItem, 'message_id'> & { excerpt: string | null; message_id: string | null };

/**
 * First rows by the index; texts that are not indexed yet are scanned. Chats are examined from the newest on, and rows are verified only
 * until the page is full. Materialized: a planner without statistics would look into the index once per chat.
 */
const searchSql = (which: string): string => `
WITH walk AS (SELECT walked, done FROM search_walk),
unread AS MATERIALIZED (
  SELECT p.chat_id, p.message_id FROM search_pending p JOIN chats c ON c.id = p.chat_id WHERE c.user_id = $1
  UNION
  SELECT t.chat_id, t.message_id
    FROM chats c
   CROSS JOIN LATERAL (SELECT c.id AS chat_id, '' AS message_id UNION ALL SELECT m.chat_id, m.id FROM messages m WHERE m.chat_id = c.id) t
   WHERE c.user_id = $1 AND EXISTS (SELECT 1 FROM walk WHERE NOT walk.done AND (walk.walked IS NULL OR c.id > walk.walked))
),
hits AS MATERIALIZED (
  SELECT w.chat_id, w.message_id, false AS was_read FROM search_words w WHERE w.words @@ $2::tsquery
  UNION ALL
  SELECT u.chat_id, u.message_id, true
    FROM unread u JOIN chats c ON c.id = u.chat_id LEFT JOIN messages m ON m.chat_id = u.chat_id AND m.id = u.message_id
   CROSS JOIN LATERAL (SELECT CASE u.message_id WHEN '' THEN c.title ELSE m.content END AS content) t
   WHERE t.content ILIKE ALL ($4::text[]) AND t.content ~* ALL ($7::text[])
),
candidates AS MATERIALIZED (
  SELECT c.id, array_agg(h.message_id ORDER BY h.message_id DESC) AS message_ids, array_agg(h.message_id) FILTER (WHERE h.was_read) AS read_ids
    FROM hits h JOIN chats c ON c.id = h.chat_id
   WHERE c.user_id = $1 AND ${which}
   GROUP BY c.id
),
newest AS (
  SELECT c.*, k.message_ids, k.read_ids FROM candidates k JOIN chats c ON c.id = k.id ORDER BY c.updated_at DESC, c.id
),
page AS (
  SELECT c.*, hit.message_id FROM newest c
   CROSS JOIN LATERAL (
     SELECT ids.message_id FROM unnest(c.message_ids) WITH ORDINALITY ids (message_id, at)
       LEFT JOIN search_words w ON w.chat_id = c.id AND w.message_id = ids.message_id
      WHERE ids.message_id = ANY (c.read_ids) OR NOT EXISTS (
              SELECT 1 FROM unnest($3::text[]) part
               WHERE NOT EXISTS (SELECT 1 FROM unnest(tsvector_to_array(w.words)) word
                                  WHERE position(part IN word) > 0 AND left(word, 1) NOT IN ('${GRAM_MARK}', '${OWNER_MARK}')))
      ORDER BY ids.at LIMIT 1) hit
   ORDER BY c.updated_at DESC, c.id LIMIT ${PAGE} OFFSET $5
)
SELECT ${CHAT_LIST_ITEM}, nullif(c.message_id, '') AS message_id,
       substring(m.content FROM greatest(1, position(lower($6) IN lower(m.content)) - ${EXCERPT / 10}) FOR ${EXCERPT}) AS excerpt
  FROM page c LEFT JOIN messages m ON m.chat_id = c.id AND m.id = c.message_id
 ORDER BY c.updated_at DESC, c.id`;

/** Reads the search index, and chats by what they are. */
@Injectable()
export class SearchRepository {
  constructor(
    private readonly reads: HeavyReads,
    private readonly replicas: ReplicaReads,
  ) {}

  /** Chats of a filter, newest first. */
  list(userId: string, filter: ChatFilter, page: number): Promise<ChatListItem[]> {
    return this.replicas.run((database) =>
      database.query<ChatListItem>(
        `SELECT ${CHAT_LIST_ITEM} FROM chats c WHERE c.user_id = $1 AND ${matchingChats(filter, '$3')}
          ORDER BY c.updated_at DESC, c.id LIMIT ${PAGE} OFFSET $2`,
        [userId, (page - 1) * PAGE, ...tagsOf(filter)],
      ),
    );
  }

  /** @throws CallError as `HeavyReads` */
  async find(
    userId: string,
    waiter: Waiter,
    { tsquery, parts, patterns, expressions, typed }: ChatQuery,
    filter: ChatFilter,
    page: number,
  ): Promise<FoundChat[]> {
    const params = [userId, tsquery, parts, patterns, (page - 1) * PAGE, typed, expressions, ...tagsOf(filter)];
    return this.reads.run(userId, waiter, async (tx) => {
      // Lexemes are stored outside of the table, so the planner underestimates the rows and would read those of all users instead of the
      // index.
      await tx.query(`SELECT set_config('enable_seqscan', 'off', true)`);
      return tx.query<FoundChat>(searchSql(matchingChats(filter, '$8')), params);
    });
  }
}

/** The parameter of `matchingChats`, if it is used. */
const tagsOf = ({ tags }: ChatFilter): string[][] => (tags.length > 0 ? [tags] : []);
