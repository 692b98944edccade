import { Injectable } from '@nestjs/common';
import type { ChatMessage } from '@perennial/model-provider';
import { Database } from '@perennial/persistence';
import { TASK_MESSAGE_CHARS } from '../models/task-text';
import { jsonb, storableText } from '../types/json';
import type { ClaimedEffect } from '../types/run';
import { DEFAULT_TITLE } from './title-text';

/** Messages before a follow-up's answer that the model reads. */
const CONVERSATION = 6;

/** The end of the conversation with an answer, and whether the user has gone on after it. */
export interface Conversation {
  messages: ChatMessage[];
  goneOn: boolean;
}

/** Side effects of answers: rows that are created before the model is called and completed after. */
@Injectable()
export class SideEffectsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Claims abandoned side effects: their process died, or it is this one and does not make them (a failover lost their completion, or the
   * reply to their claim was lost).
   *
   * @param making keys of those that this process makes
   */
  async claim(processId: string, limit: number, making: readonly string[]): Promise<ClaimedEffect[]> {
    return this.database.query<ClaimedEffect>(
      `WITH open AS (
         SELECT s.key FROM side_effects s JOIN runs r ON r.id = s.run_id
          WHERE s.state <> 'done' AND s.created_at < now() - interval '2 seconds' AND r.state <> 'queued'
            AND (s.owner IS NULL OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = s.owner)
                 OR (s.owner = $1 AND s.key <> ALL ($3) AND s.created_at < now() - interval '10 seconds'))
          ORDER BY s.created_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED
       )
       UPDATE side_effects s SET state = 'begun', owner = $1, tries = s.tries + 1
         FROM open, runs r WHERE s.key = open.key AND r.id = s.run_id
       RETURNING s.key, split_part(s.key, ':', 1) AS kind, s.tries, s.payload, s.user_id, s.chat_id, jsonb_build_object('kind', 'user', 'userId', s.user_id) || r.principal AS principal,
                 r.traceparent`,
      [processId, limit, making],
      { name: 'side-effects.claim' },
    );
  }

  /**
   * Completes a title once; the chat is renamed only while it still has its first name.
   *
   * @returns whether it was renamed
   */
  async completeTitle(key: string, processId: string, title: string): Promise<boolean> {
    const row = await this.database.first<{ renamed: boolean }>(
      `WITH done AS (
         UPDATE side_effects SET state = 'done', payload = payload - 'text', result = $3, ended_at = now()
          WHERE key = $1 AND owner = $2 AND state = 'begun' RETURNING chat_id
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

  /** The messages that end with an answer; undefined when it is not there any more. */
  async conversation(chatId: string, messageId: string): Promise<Conversation | undefined> {
    const rows = await this.database.query<ChatMessage & { gone_on: boolean }>(
      `WITH RECURSIVE path AS (
         SELECT id, parent_id, role, content, 1 AS depth FROM messages WHERE chat_id = $1 AND id = $2
         UNION ALL
         SELECT m.id, m.parent_id, m.role, m.content, p.depth + 1 FROM path p JOIN messages m ON m.chat_id = $1 AND m.id = p.parent_id
          WHERE p.depth < ${CONVERSATION}
       )
       SELECT role, left(content, ${TASK_MESSAGE_CHARS}) AS content,
              EXISTS (SELECT 1 FROM messages WHERE chat_id = $1 AND parent_id = $2) AS gone_on
         FROM path ORDER BY depth DESC`,
      [chatId, messageId],
      { name: 'side-effects.conversation' },
    );
    if (rows.length === 0) return undefined;
    return {
      messages: rows.map(({ role, content }) => ({ role, content })),
      goneOn: rows.some((row) => row.gone_on),
    };
  }

  /**
   * Completes follow-ups once. They are the message's, so that no copy of what was said outlives it; the chat neither moves nor counts as read.
   *
   * @returns whether they are stored
   */
  async completeFollowUps(key: string, processId: string, messageId: string, followUps: string[]): Promise<boolean> {
    const row = await this.database.first<{ stored: boolean }>(
      `WITH done AS (
         UPDATE side_effects SET state = 'done', payload = payload - 'text', ended_at = now()
          WHERE key = $1 AND owner = $2 AND state = 'begun' RETURNING chat_id
       ),
       stored AS (
         UPDATE messages m SET extra = m.extra || jsonb_build_object('followUps', $4::jsonb), updated_at = now()
           FROM done WHERE m.chat_id = done.chat_id AND m.id = $3 AND $4::jsonb <> '[]'
         RETURNING m.chat_id
       ),
       changed AS (
         UPDATE chats c SET version = version + 1 FROM stored WHERE c.id = stored.chat_id
       )
       SELECT EXISTS (SELECT 1 FROM stored) AS stored FROM done`,
      [key, processId, messageId, jsonb(followUps.map(storableText))],
      { name: 'side-effects.follow-ups' },
    );
    return row?.stored ?? false;
  }
}
