import { SUSPECT_AFTER_DEATHS } from '../ownership/claim.repository';
import { PATH, SELECT_TAKEN, SELECT_TAKEN_COMPLETION } from '../ownership/taken-run';
import { CHAT_LIST_ITEM } from '../types/chat-list-item';

/** A statement and the name under which it is prepared. */
export interface Statement {
  name: string;
  sql: string;
}

/** Runs that wait for a worker, counted up to a limit. Suspected ones wait for a quarantine process, which new runs do not need. */
const queued = (limit: string): string => `(
  SELECT count(*)::int AS queued
    FROM (SELECT 1 FROM runs WHERE state = 'queued' AND deaths < ${SUSPECT_AFTER_DEATHS} LIMIT ${limit}) q) load`;

const ACTIVE = `(SELECT count(*)::int FROM runs WHERE user_id = $1 AND state IN ('queued', 'running')) AS active`;

export const TURN_FACTS = `
SELECT
  (SELECT jsonb_build_object('hash', request_hash, 'result', result) FROM call_results WHERE scope = $6 AND key = $7) AS known,
  ${ACTIVE}, load.queued,
  (SELECT to_jsonb(listed) FROM (SELECT ${CHAT_LIST_ITEM} FROM chats c WHERE c.id = $2 AND c.user_id = $1) listed) AS chat,
  (SELECT bytes::float8 FROM storage_used WHERE user_id = $1 AND counted) AS stored,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'role', role, 'parent_id', parent_id, 'empty', content = '',
            'ended', content <> '' OR content_parts IS NOT NULL OR error IS NOT NULL OR extra ? 'incomplete'))
     -- Held until the end: what a turn follows on is not deleted meanwhile.
     FROM (SELECT * FROM messages WHERE chat_id = $2 AND id = ANY ($3::text[]) FOR KEY SHARE) m) AS messages,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'chat_id', chat_id, 'message_id', message_id, 'model', model, 'attempt', attempt,
                                       'over', terminal IS NOT NULL) ORDER BY attempt)
     FROM runs
    WHERE message_id = ANY ($4::text[])
      AND ((chat_id = $2 AND user_id = $1) OR ($2::uuid IS NULL AND chat_id IS NOT NULL AND user_id = $1))) AS runs
  FROM ${queued('$5')}`;

export const COMPLETION_FACTS = `
SELECT
  (SELECT jsonb_build_object('hash', request_hash, 'result', result) FROM call_results WHERE scope = $4 AND key = $5) AS known,
  ${ACTIVE}, load.queued,
  (SELECT jsonb_build_object('id', id, 'attempt', attempt, 'body_hash', body_hash, 'encoding', encoding,
                             'kept', terminal IS NULL OR (state = 'completed' AND text IS NOT NULL))
     FROM runs WHERE user_id = $1 AND idempotency_key = $2 ORDER BY attempt DESC LIMIT 1) AS latest
  FROM ${queued('$3')}`;

const NEW_CHAT = `
  INSERT INTO chats (id, user_id, title, models, folder_id, current_message_id, last_read_at)
  VALUES ($1, $2, $3, $4, $5, $6, now())`;

/** A chat that was deleted meanwhile is not recreated: the messages' foreign key refuses the statement. */
const KNOWN_CHAT = `
  UPDATE chats
     SET current_message_id = $6, updated_at = now(), version = version + 1, folder_id = coalesce($5, folder_id),
         title = coalesce(nullif(title, ''), $3), models = CASE WHEN jsonb_array_length($4::jsonb) > 0 THEN $4::jsonb ELSE models END
   WHERE id = $1 AND user_id = $2`;

const REMEMBER = (first: number): string =>
  `INSERT INTO call_results (scope, key, request_hash, result) VALUES ($${first}, $${first + 1}, $${first + 2}, $${first + 3})`;

/** If `claimant` names a process, the run is created as claimed by it. */
const OWNERSHIP = 'state, owner, epoch, started_at';
const CLAIMED = `
         CASE WHEN claimant.id IS NULL THEN 'queued' ELSE 'running' END, claimant.id,
         CASE WHEN claimant.id IS NULL THEN 0 ELSE 1 END, CASE WHEN claimant.id IS NOT NULL THEN now() END`;
const WAITS = `'queued', NULL::uuid, 0, NULL::timestamptz`;
const TAKEN = `
taken AS (
  SELECT * FROM accepted WHERE state = 'running'
)`;

/**
 * The message to answer: the turn's own, or an existing one. If another turn is inserting it at this moment it is not visible yet, so the run
 * is not claimed here: a later claim reads it.
 */
const HEAD_AND_CLAIMANT = `
head AS (
  SELECT id, parent_id, role, content, content_parts, extra FROM user_message
  UNION ALL
  SELECT id, parent_id, role, content, content_parts, extra FROM messages WHERE chat_id = $1 AND id IN (SELECT parent_id FROM answers)
),
claimant AS (
  SELECT p.id FROM (SELECT) one
    LEFT JOIN processes p
      ON p.id = $17 AND (EXISTS (SELECT 1 FROM head) OR NOT EXISTS (SELECT 1 FROM answers WHERE parent_id IS NOT NULL))
)`;

const turn = (chat: string, claims: boolean): string => `
WITH RECURSIVE chat AS (${chat}),
user_message AS (
  INSERT INTO messages (chat_id, id, parent_id, role, content, content_parts, extra)
  SELECT $1, m.id, m.parent_id, 'user', m.content, m.parts, m.extra
    FROM jsonb_to_record($7::jsonb) AS m (id text, parent_id text, content text, parts jsonb, extra jsonb)
   WHERE $7::jsonb IS NOT NULL
  ON CONFLICT (chat_id, id) DO NOTHING
  RETURNING id, parent_id, role, content, content_parts, extra
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
texts AS (
  INSERT INTO run_checkpoints (run_id, generation, epoch, start, text)
  SELECT a.run_id, 1, 0, 0, m.content FROM answers a JOIN messages m ON m.chat_id = $1 AND m.id = a.message_id WHERE m.content <> ''
  RETURNING *
),${claims ? `${HEAD_AND_CLAIMANT},` : ''}
accepted AS (
  INSERT INTO runs (id, kind, user_id, principal, chat_id, message_id, parent_message_id, model, attempt, request, traceparent, ${OWNERSHIP})
  SELECT a.run_id, 'turn', $2, $9, $1, a.message_id, a.parent_id, a.model, a.attempt, $10, $11, ${claims ? CLAIMED : WAITS}
    FROM answers a${claims ? ', claimant' : ''}
  RETURNING *
),
title AS (
  INSERT INTO side_effects (key, kind, run_id, user_id, chat_id, payload, state, owner, tries)
  SELECT e.key, 'title', e.run_id, $2, $1, e.payload, ${
    claims
      ? `CASE WHEN claimant.id IS NULL THEN 'pending' ELSE 'begun' END, claimant.id, CASE WHEN claimant.id IS NULL THEN 0 ELSE 1 END`
      : `'pending', NULL::uuid, 0`
  }
    FROM jsonb_to_record($16::jsonb) AS e (key text, run_id uuid, payload jsonb)${claims ? ', claimant' : ''}
   WHERE $16::jsonb IS NOT NULL
  ON CONFLICT (key) DO NOTHING
  RETURNING run_id, key, payload, tries, user_id, chat_id
)${
  claims
    ? `,
remembered AS (${REMEMBER(12)}),${TAKEN},
heads AS (
  SELECT t.id AS run_id, t.chat_id, h.id, h.parent_id, h.role, h.content, h.content_parts, h.extra->'files' AS files
    FROM taken t JOIN head h ON h.id = t.parent_message_id
),${PATH}
${SELECT_TAKEN}`
    : `
${REMEMBER(12)}`
}`;

const TURNS = {
  new: { name: 'accept.turn-new', sql: turn(NEW_CHAT, false) },
  newClaimed: { name: 'accept.turn-new-claimed', sql: turn(NEW_CHAT, true) },
  known: { name: 'accept.turn', sql: turn(KNOWN_CHAT, false) },
  knownClaimed: { name: 'accept.turn-claimed', sql: turn(KNOWN_CHAT, true) },
} satisfies Record<string, Statement>;

/** @param claims its last parameter is the process that claims the runs; the rows are then the claimed runs */
export function insertTurn(isNew: boolean, claims: boolean): Statement {
  if (isNew) return claims ? TURNS.newClaimed : TURNS.new;
  return claims ? TURNS.knownClaimed : TURNS.known;
}

const completion = (claims: boolean): string => `
WITH RECURSIVE ${
  claims
    ? `claimant AS (
  SELECT p.id FROM (SELECT) one LEFT JOIN processes p ON p.id = $16
),`
    : ''
}
accepted AS (
  INSERT INTO runs (id, kind, user_id, model, encoding, attempt, principal, request, idempotency_key, body_hash, traceparent, ${OWNERSHIP})
  SELECT $1::uuid, 'completion', $2::uuid, $3, $4, $5::int, $6::jsonb, $7::jsonb, $8, $9, $10, ${claims ? CLAIMED : WAITS}${claims ? ' FROM claimant' : ''}
  RETURNING *
),
pictures_shown AS (
  INSERT INTO picture_references (picture_id, run_id)
  SELECT p.id, $1 FROM pictures p WHERE p.id = ANY ($15::uuid[]) AND p.user_id = $2 ORDER BY p.id FOR KEY SHARE
)${
  claims
    ? `,
remembered AS (${REMEMBER(11)}),${TAKEN}
${SELECT_TAKEN_COMPLETION}`
    : `
${REMEMBER(11)}`
}`;

const COMPLETIONS = {
  waits: { name: 'accept.completion', sql: completion(false) },
  claimed: { name: 'accept.completion-claimed', sql: completion(true) },
} satisfies Record<string, Statement>;

/** The same for a completion. */
export function insertCompletion(claims: boolean): Statement {
  return claims ? COMPLETIONS.claimed : COMPLETIONS.waits;
}
