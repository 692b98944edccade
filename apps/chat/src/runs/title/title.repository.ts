import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import { jsonb, storableText } from '../types/json';
import type { ClaimedTitle } from '../types/run';
import { DEFAULT_TITLE } from './title-text';

/** Titles as side effects: rows that are created before the model is called and completed after. */
@Injectable()
export class TitleRepository {
  constructor(private readonly database: Database) {}

  /**
   * Claims abandoned titles: their process died, or it is this one and does not make them (a failover lost their completion, or the reply to
   * their claim was lost).
   *
   * @param making keys of those that this process makes
   */
  async claim(processId: string, limit: number, making: readonly string[]): Promise<ClaimedTitle[]> {
    return this.database.query<ClaimedTitle>(
      `WITH open AS (
         SELECT s.key FROM side_effects s JOIN runs r ON r.id = s.run_id
          WHERE s.state <> 'done' AND s.created_at < now() - interval '2 seconds' AND r.state <> 'queued'
            AND (s.owner IS NULL OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = s.owner)
                 OR (s.owner = $1 AND s.key <> ALL ($3) AND s.created_at < now() - interval '10 seconds'))
          ORDER BY s.created_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED
       )
       UPDATE side_effects s SET state = 'begun', owner = $1, tries = s.tries + 1
         FROM open, runs r WHERE s.key = open.key AND r.id = s.run_id
       RETURNING s.key, s.tries, s.payload, s.user_id, s.chat_id, jsonb_build_object('kind', 'user', 'userId', s.user_id) || r.principal AS principal,
                 r.traceparent`,
      [processId, limit, making],
      { name: 'titles.claim' },
    );
  }

  /**
   * Completes the effect once; the chat is renamed only while it still has its first name.
   *
   * @returns whether it was renamed
   */
  async complete(key: string, processId: string, title: string): Promise<boolean> {
    const row = await this.database.first<{ renamed: boolean }>(
      `WITH done AS (
         UPDATE side_effects SET state = 'done', result = $3, ended_at = now() WHERE key = $1 AND owner = $2 AND state = 'begun' RETURNING chat_id
       ),
       renamed AS (
         UPDATE chats c SET title = $4, version = version + 1 FROM done WHERE c.id = done.chat_id AND c.title = $5 RETURNING c.id
       )
       SELECT EXISTS (SELECT 1 FROM renamed) AS renamed FROM done`,
      [key, processId, jsonb({ title }), storableText(title), DEFAULT_TITLE],
      { name: 'titles.complete' },
    );
    return row?.renamed ?? false;
  }
}
