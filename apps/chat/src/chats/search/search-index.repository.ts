import { Injectable } from '@nestjs/common';
import { Database, UnitOfWork } from '@perennial/persistence';
import { jsonb } from '../../runs/types/json';

/** A new text whose present version is not indexed. */
export interface PendingText {
  chat_id: string;
  /** Empty for the chat's title. */
  message_id: string;
  /** Rises with every write; a text is only indexed if the latest version was read. */
  noted: string;
  user_id: string | null;
  /** Null: it was deleted. */
  text: string | null;
}

/** State of the pass over older rows. `held`: another process is working on it. */
export type WalkState = 'more' | 'held' | 'done';

/** A claim of a dead process expires after this time. */
const CLAIM_S = 30;

/** Rows of the search index, and the list of pending texts. Nothing is locked while texts are split into words. */
@Injectable()
export class SearchIndexRepository {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Texts that no other process has claimed: at most `limit`, and together not much more than `maxChars`. */
  async claim(limit: number, maxChars: number): Promise<PendingText[]> {
    return this.database.query<PendingText>(
      `WITH open AS (
         SELECT p.chat_id, p.message_id FROM search_pending p
          WHERE p.claimed_at < now() - interval '${CLAIM_S} seconds' ORDER BY p.noted LIMIT $1 FOR UPDATE SKIP LOCKED
       ),
       sized AS (
         SELECT o.chat_id, o.message_id, sum(coalesce(octet_length(m.content), 0)) OVER (ORDER BY o.chat_id, o.message_id) - coalesce(octet_length(m.content), 0) AS before
           FROM open o LEFT JOIN messages m ON m.chat_id = o.chat_id AND m.id = o.message_id
       ),
       claimed AS (
         UPDATE search_pending p SET claimed_at = now() FROM sized s
          WHERE p.chat_id = s.chat_id AND p.message_id = s.message_id AND s.before <= $2
         RETURNING p.chat_id, p.message_id, p.noted
       )
       SELECT k.chat_id, k.message_id, k.noted, c.user_id, CASE WHEN k.message_id = '' THEN c.title ELSE m.content END AS text
         FROM claimed k LEFT JOIN chats c ON c.id = k.chat_id LEFT JOIN messages m ON m.chat_id = k.chat_id AND m.id = k.message_id`,
      [limit, maxChars],
      { name: 'search.claim' },
    );
  }

  /** Stores the lexemes of texts that have not been written again meanwhile; the others stay pending. */
  async store(
    rows: readonly (Pick<PendingText, 'chat_id' | 'message_id' | 'noted'> & { words: string[] | null })[],
  ): Promise<void> {
    // A text that is being written now becomes pending again: its row is skipped, so that nothing waits.
    await this.database.execute(
      `WITH current AS (
         SELECT p.chat_id, p.message_id, i.words
           FROM jsonb_to_recordset($1) AS i (chat_id uuid, message_id text, noted bigint, words jsonb)
           JOIN search_pending p ON p.chat_id = i.chat_id AND p.message_id = i.message_id AND p.noted = i.noted
            FOR UPDATE OF p SKIP LOCKED
       ),
       noted AS (
         DELETE FROM search_pending p USING current k WHERE p.chat_id = k.chat_id AND p.message_id = k.message_id
       ),
       gone AS (
         DELETE FROM search_words w USING current k WHERE w.chat_id = k.chat_id AND w.message_id = k.message_id AND k.words IS NULL
       ),
       chat AS (
         SELECT c.id FROM chats c WHERE c.id IN (SELECT chat_id FROM current) ORDER BY c.id FOR KEY SHARE
       )
       INSERT INTO search_words (chat_id, message_id, words)
       SELECT k.chat_id, k.message_id, array_to_tsvector(ARRAY(SELECT jsonb_array_elements_text(k.words)))
         FROM current k JOIN chat ON chat.id = k.chat_id WHERE k.words IS NOT NULL
       ON CONFLICT (chat_id, message_id) DO UPDATE SET words = excluded.words`,
      [jsonb(rows)],
      { name: 'search.store' },
    );
  }

  /** Adds the texts of the next older chats to the pending ones. */
  async walk(chats: number): Promise<WalkState> {
    return this.unitOfWork.run(async (tx) => {
      const walk = await tx.first<{ walked: string | null; done: boolean }>(
        'SELECT walked, done FROM search_walk FOR UPDATE SKIP LOCKED',
      );
      if (walk === undefined) return 'held';
      if (walk.done) return 'done';
      const next = await tx.query<{ id: string }>(
        `SELECT id FROM chats WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`,
        [walk.walked, chats],
      );
      const ids = next.map(({ id }) => id);
      await tx.execute(
        `INSERT INTO search_pending (chat_id, message_id)
         SELECT id, '' FROM chats WHERE id = ANY ($1::uuid[])
         UNION ALL
         SELECT chat_id, id FROM messages WHERE chat_id = ANY ($1::uuid[]) AND done AND content <> ''
         ON CONFLICT (chat_id, message_id) DO NOTHING`,
        [ids],
      );
      await tx.execute('UPDATE search_walk SET walked = coalesce($1::uuid, walked), done = $2', [
        ids.at(-1) ?? null,
        ids.length < chats,
      ]);
      return ids.length < chats ? 'done' : 'more';
    });
  }
}
