import { seconds } from '../runs/types/chat-list-item';
import { MOMENT, REVISION } from './revision';

export const MESSAGE = `json_build_object('id', m.id, 'parent_id', m.parent_id, 'role', m.role, 'content', m.content, 'content_parts', m.content_parts,
  'model', m.model, 'model_idx', m.model_idx, 'done', m.done, 'output', m.output, 'usage', m.usage, 'error', m.error, 'extra', m.extra,
  'created_at', ${seconds('m.created_at')})`;

/** Bytes of a message in a reply besides its contents. */
const MESSAGE_BYTES = 300;
/** Bytes of the messages of one reply. `before` requests the rest. */
export const PAGE_BYTES = 2_000_000;
/** Most messages of a page; this many are measured for one. */
export const PAGE_MESSAGES = Math.ceil(PAGE_BYTES / MESSAGE_BYTES);
/** Bytes of the messages that one update may change. */
const UPDATE_BYTES = 32_000_000;
/** Bytes of a client's own data. Larger data is from before the limit: it is kept and not returned. */
const EXTRA_BYTES = 8_000_000;

/** Approximate bytes of a message in a reply. */
const SIZE = `octet_length(m.content) + coalesce(octet_length(m.content_parts::text), 0) + coalesce(octet_length(m.output::text), 0)
  + octet_length(m.extra::text) + ${MESSAGE_BYTES}`;

/** Running sums from the newest message on, to find the messages that fit. */
export const sized = (messages: string, limit = 'ALL'): string => `
  SELECT m.*, row_number() OVER newest AS nth, sum(${SIZE}) OVER newest AS bytes
    FROM (SELECT m.* FROM messages m WHERE m.chat_id = $1 AND ${messages} ORDER BY m.seq DESC LIMIT ${limit}) m
  WINDOW newest AS (ORDER BY m.seq DESC)`;

export const CHAT = `json_build_object('id', c.id, 'user_id', c.user_id, 'title', c.title, 'models', c.models, 'params', c.params, 'meta', c.meta,
  'extra', CASE WHEN octet_length(c.extra::text) <= ${EXTRA_BYTES} THEN c.extra ELSE '{}' END,
  'folder_id', c.folder_id, 'archived', c.archived, 'pinned', c.pinned, 'current_message_id', c.current_message_id,
  'last_read_at', ${seconds('c.last_read_at')}, 'created_at', ${seconds('c.created_at')}, 'updated_at', ${seconds('c.updated_at')})`;

export const MESSAGES = `(SELECT coalesce(json_agg(${MESSAGE} ORDER BY m.seq), '[]') FROM page m)`;

export const RUNNING = `(SELECT coalesce(json_agg(json_build_object('runId', r.id, 'messageId', r.message_id, 'checkpoints',
                (SELECT json_agg(json_build_object('generation', k.generation, 'epoch', k.epoch, 'start', k.start, 'text', k.text)
                                 ORDER BY k.generation, k.epoch, k.start) FROM run_checkpoints k WHERE k.run_id = r.id))), '[]')
          FROM runs r WHERE r.chat_id = c.id AND r.state IN ('queued', 'running'))`;

/** The last `$4` messages of the shown branch, from its end on. A circle of parents ends with the number. */
const SHOWN = `
  SELECT m.id, m.parent_id, m.seq, 1 AS nth FROM messages m
   WHERE $3::text IS NULL AND $4::int IS NOT NULL AND m.chat_id = $1
     AND m.id = (SELECT coalesce(c.current_message_id, (SELECT n.id FROM messages n WHERE n.chat_id = $1 ORDER BY n.seq DESC LIMIT 1))
                   FROM chats c WHERE c.id = $1)
  UNION ALL
  SELECT m.id, m.parent_id, m.seq, s.nth + 1 FROM shown s JOIN messages m ON m.chat_id = $1 AND m.id = s.parent_id WHERE s.nth < $4`;

/** From the first message of the tail on, so that what is left out is older than all that is returned. */
const PART = `($3::text IS NULL OR m.seq < (SELECT b.seq FROM messages b WHERE b.chat_id = $1 AND b.id = $3))
  AND m.seq >= coalesce((SELECT min(seq) FROM shown), 0)`;

/** One statement for a chat, a page of its messages and its running answers, hence of one moment. */
export const STORED = `
WITH RECURSIVE moment AS (${MOMENT}), shown AS (${SHOWN}),
sized AS (${sized(PART, `least(${PAGE_MESSAGES}, CASE WHEN $3::text IS NULL THEN NULL ELSE $4::int END)`)}),
page AS (SELECT * FROM sized WHERE nth = 1 OR bytes <= ${PAGE_BYTES})
SELECT ${CHAT} AS chat, ${MESSAGES} AS messages, ${RUNNING} AS running, ${REVISION} AS revision,
       EXISTS (SELECT 1 FROM messages o WHERE o.chat_id = c.id AND o.seq < (SELECT min(seq) FROM page)) AS has_older,
       $3::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages b WHERE b.chat_id = c.id AND b.id = $3) AS is_lost
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;

/** Messages of a chat by their ids, and whether they exceed what one update may change. */
export const NAMED = `
WITH sized AS (${sized('m.id = ANY ($2::text[])')})
SELECT (SELECT coalesce(json_agg(${MESSAGE} ORDER BY m.seq), '[]') FROM sized m WHERE m.bytes <= ${UPDATE_BYTES}) AS messages,
       EXISTS (SELECT 1 FROM sized WHERE bytes > ${UPDATE_BYTES}) AS too_large`;
