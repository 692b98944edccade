import { Injectable } from '@nestjs/common';
import type { Queryable } from '@perennial/persistence';
import { jsonb } from '../types/json';

/** A delivery of a call, as its result is stored. */
export interface DeliveryKey {
  scope: string;
  key: string;
  hash: string;
  /** As the version before this one stored it. */
  earlierHash: string;
}

export interface AcceptQuestion {
  userId: string;
  chatId: string | null;
  /** Messages whose rows matter: parents, the user message, answers. */
  messageIds: string[];
  answerIds: string[];
  maxQueued: number;
  delivery: DeliveryKey;
}

/** Everything that an accept decides on, read in one statement. */
export interface AcceptFacts {
  /** The stored result of the same call. */
  known: { hash: string; result: unknown } | null;
  /** The user's runs that are not over. */
  active: number;
  /** Runs that wait for a worker, counted up to the limit. */
  queued: number;
  chat_found: boolean;
  /** Bytes that the user's chats take; null where they have to be counted. */
  stored: number | null;
  /** `ended`: an answer of which something is there. */
  messages: { id: string; role: string; parent_id: string | null; ended: boolean; empty: boolean }[] | null;
  /** Earlier attempts at the answers. */
  runs: { id: string; chat_id: string; message_id: string; model: string; attempt: number; over: boolean }[] | null;
}

export interface NewTurn {
  chatId: string;
  isNew: boolean;
  userId: string;
  title: string;
  models: string[];
  folderId: string | null;
  currentMessageId: string;
  userMessage: {
    id: string;
    parent_id: string | null;
    content: string;
    parts: unknown[] | null;
    extra: Record<string, unknown>;
  } | null;
  answers: {
    message_id: string;
    parent_id: string | null;
    model: string;
    model_idx: number;
    run_id: string;
    attempt: number;
  }[];
  principal: unknown;
  request: unknown;
  traceparent: string | null;
  titleEffect: { key: string; run_id: string; payload: unknown } | null;
  delivery: DeliveryKey;
  result: unknown;
}

export interface NewCompletion {
  runId: string;
  userId: string;
  model: string;
  encoding: 'text' | 'chunks';
  attempt: number;
  principal: unknown;
  request: unknown;
  idempotencyKey: string | null;
  bodyHash: string;
  traceparent: string | null;
  /** Those that its messages refer to; only the user's own count. */
  pictureIds: readonly string[];
  delivery: DeliveryKey;
  result: unknown;
}

/** What an accept knows of earlier completions under the same idempotency key. */
export interface CompletionFacts {
  known: { hash: string; result: unknown } | null;
  active: number;
  queued: number;
  /** The latest attempt under the key. `kept`: not over, or completed and its text still there. */
  latest: { id: string; attempt: number; body_hash: string; encoding: 'text' | 'chunks'; kept: boolean } | null;
}

/** The statements of the accept. */
@Injectable()
export class AcceptRepository {
  /** Lets only one accept of a user decide at a time, until the end of the transaction. */
  async lockUser(tx: Queryable, userId: string): Promise<void> {
    await tx.execute(`SELECT pg_advisory_xact_lock(hashtextextended('runs:' || $1, 0))`, [userId], {
      name: 'accept.lock',
    });
  }

  /** Lets only one accept of this answer decide at a time, until the end of the transaction. */
  async lockMessage(tx: Queryable, messageId: string): Promise<void> {
    await tx.execute(`SELECT pg_advisory_xact_lock(hashtextextended('answer:' || $1, 0))`, [messageId], {
      name: 'accept.lock-message',
    });
  }

  async turnFacts(tx: Queryable, question: AcceptQuestion): Promise<AcceptFacts> {
    const { userId, chatId, messageIds, answerIds, maxQueued, delivery } = question;
    const facts = await tx.first<AcceptFacts>(
      TURN_FACTS,
      [userId, chatId, messageIds, answerIds, maxQueued, delivery.scope, delivery.key],
      { name: 'accept.turn-facts' },
    );
    return facts as AcceptFacts;
  }

  /** Whether the message is in the user's chat already. */
  async hasMessage(tx: Queryable, userId: string, chatId: string, messageId: string): Promise<boolean> {
    const row = await tx.first(
      `SELECT 1 FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.id = $1 AND c.user_id = $2 AND m.id = $3`,
      [chatId, userId, messageId],
      { name: 'accept.has-message' },
    );
    return row !== undefined;
  }

  async insertTurn(tx: Queryable, turn: NewTurn): Promise<void> {
    await tx.execute(
      turn.isNew ? INSERT_TURN_NEW : INSERT_TURN,
      [
        turn.chatId,
        turn.userId,
        turn.title,
        jsonb(turn.models),
        turn.folderId,
        turn.currentMessageId,
        turn.userMessage ? jsonb(turn.userMessage) : null,
        jsonb(turn.answers),
        jsonb(turn.principal),
        jsonb(turn.request),
        turn.traceparent,
        turn.delivery.scope,
        turn.delivery.key,
        turn.delivery.hash,
        jsonb(turn.result),
        turn.titleEffect ? jsonb(turn.titleEffect) : null,
      ],
      { name: turn.isNew ? 'accept.insert-turn-new' : 'accept.insert-turn' },
    );
  }

  async completionFacts(
    tx: Queryable,
    userId: string,
    idempotencyKey: string | null,
    maxQueued: number,
    delivery: DeliveryKey,
  ): Promise<CompletionFacts> {
    const facts = await tx.first<CompletionFacts>(
      COMPLETION_FACTS,
      [userId, idempotencyKey, maxQueued, delivery.scope, delivery.key],
      { name: 'accept.completion-facts' },
    );
    return facts as CompletionFacts;
  }

  async insertCompletion(tx: Queryable, run: NewCompletion): Promise<void> {
    await tx.execute(
      INSERT_COMPLETION,
      [
        run.runId,
        run.userId,
        run.model,
        run.encoding,
        run.attempt,
        jsonb(run.principal),
        jsonb(run.request),
        run.idempotencyKey,
        run.bodyHash,
        run.traceparent,
        run.delivery.scope,
        run.delivery.key,
        run.delivery.hash,
        jsonb(run.result),
        run.pictureIds,
      ],
      { name: 'accept.insert-completion' },
    );
  }
}

const LOAD = `
  (SELECT count(*)::int FROM runs WHERE user_id = $1 AND state IN ('queued', 'running')) AS active,`;

const TURN_FACTS = `
SELECT
  (SELECT jsonb_build_object('hash', request_hash, 'result', result) FROM call_results WHERE scope = $6 AND key = $7) AS known,
  ${LOAD}
  (SELECT count(*)::int FROM (SELECT 1 FROM runs WHERE state = 'queued' LIMIT $5) q) AS queued,
  EXISTS (SELECT 1 FROM chats WHERE id = $2 AND user_id = $1) AS chat_found,
  (SELECT bytes::float8 FROM storage_used WHERE user_id = $1 AND counted) AS stored,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'role', role, 'parent_id', parent_id, 'empty', content = '',
            'ended', content <> '' OR content_parts IS NOT NULL OR error IS NOT NULL OR extra ? 'incomplete'))
     FROM messages WHERE chat_id = $2 AND id = ANY ($3::text[])) AS messages,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'chat_id', chat_id, 'message_id', message_id, 'model', model, 'attempt', attempt,
                                       'over', terminal IS NOT NULL) ORDER BY attempt)
     FROM runs
    WHERE message_id = ANY ($4::text[])
      AND ((chat_id = $2 AND user_id = $1) OR ($2::uuid IS NULL AND chat_id IS NOT NULL AND user_id = $1))) AS runs`;

const COMPLETION_FACTS = `
SELECT
  (SELECT jsonb_build_object('hash', request_hash, 'result', result) FROM call_results WHERE scope = $4 AND key = $5) AS known,
  ${LOAD}
  (SELECT count(*)::int FROM (SELECT 1 FROM runs WHERE state = 'queued' LIMIT $3) q) AS queued,
  (SELECT jsonb_build_object('id', id, 'attempt', attempt, 'body_hash', body_hash, 'encoding', encoding,
                             'kept', terminal IS NULL OR (state = 'completed' AND text IS NOT NULL))
     FROM runs WHERE user_id = $1 AND idempotency_key = $2 ORDER BY attempt DESC LIMIT 1) AS latest`;

const insertTurn = (chat: string): string => `
WITH chat AS (${chat}),
user_message AS (
  INSERT INTO messages (chat_id, id, parent_id, role, content, content_parts, extra)
  SELECT $1, m.id, m.parent_id, 'user', m.content, m.parts, m.extra
    FROM jsonb_to_record($7::jsonb) AS m (id text, parent_id text, content text, parts jsonb, extra jsonb)
   WHERE $7::jsonb IS NOT NULL
  ON CONFLICT (chat_id, id) DO NOTHING
),
answers AS (
  SELECT * FROM jsonb_to_recordset($8::jsonb)
    AS a (message_id text, parent_id text, model text, model_idx int, run_id uuid, attempt int)
),
placeholders AS (
  INSERT INTO messages (chat_id, id, parent_id, role, model, model_idx, done)
  SELECT $1, message_id, parent_id, 'assistant', model, model_idx, false FROM answers
  ON CONFLICT (chat_id, id) DO UPDATE
    SET usage = NULL, error = NULL, done = false, extra = messages.extra - 'incomplete', model = excluded.model,
        updated_at = now()
),
begun AS (
  INSERT INTO run_checkpoints (run_id, generation, epoch, start, text)
  SELECT a.run_id, 1, 0, 0, m.content FROM answers a JOIN messages m ON m.chat_id = $1 AND m.id = a.message_id WHERE m.content <> ''
),
accepted AS (
  INSERT INTO runs (id, kind, user_id, principal, chat_id, message_id, parent_message_id, model, attempt, request, traceparent)
  SELECT run_id, 'turn', $2, $9, $1, message_id, parent_id, model, attempt, $10, $11 FROM answers
),
title AS (
  INSERT INTO side_effects (key, kind, run_id, user_id, chat_id, payload)
  SELECT e.key, 'title', e.run_id, $2, $1, e.payload
    FROM jsonb_to_record($16::jsonb) AS e (key text, run_id uuid, payload jsonb)
   WHERE $16::jsonb IS NOT NULL
  ON CONFLICT (key) DO NOTHING
)
INSERT INTO call_results (scope, key, request_hash, result) VALUES ($12, $13, $14, $15)`;

const INSERT_TURN_NEW = insertTurn(`
  INSERT INTO chats (id, user_id, title, models, folder_id, current_message_id, last_read_at)
  VALUES ($1, $2, $3, $4, $5, $6, now())`);

/** A chat that was deleted meanwhile is not made again: the messages' foreign key refuses the statement. */
const INSERT_TURN = insertTurn(`
  UPDATE chats
     SET current_message_id = $6, updated_at = now(), version = version + 1, folder_id = coalesce($5, folder_id),
         title = coalesce(nullif(title, ''), $3), models = CASE WHEN jsonb_array_length($4::jsonb) > 0 THEN $4::jsonb ELSE models END
   WHERE id = $1 AND user_id = $2`);

const INSERT_COMPLETION = `
WITH accepted AS (
  INSERT INTO runs (id, kind, user_id, model, encoding, attempt, principal, request, idempotency_key, body_hash, traceparent)
  VALUES ($1, 'completion', $2, $3, $4, $5, $6, $7, $8, $9, $10)
),
pictures_shown AS (
  INSERT INTO picture_references (picture_id, run_id)
  SELECT p.id, $1 FROM pictures p WHERE p.id = ANY ($15::uuid[]) AND p.user_id = $2 ORDER BY p.id FOR KEY SHARE
)
INSERT INTO call_results (scope, key, request_hash, result) VALUES ($11, $12, $13, $14)`;
