import { ERA, isNewer, MOMENT, REVISION } from './revision';
import { CHAT, MESSAGES, PAGE_BYTES, PAGE_MESSAGES, RUNNING, sized } from './stored-chat-sql';

const OUTLINE_MESSAGES = 10_000;
const OUTLINE_CHARACTERS = 80;

const IS_RUNNING = `EXISTS (SELECT 1 FROM runs r WHERE r.chat_id = m.chat_id AND r.message_id = m.id AND r.state IN ('queued', 'running'))`;

/** The revision `$3` (transaction) of `$4` (era) is of this store. A restored store may have fewer transactions. */
const IS_KNOWN = `${ERA} = $4::text AND (SELECT oldest FROM moment) >= $3::bigint`;

/**
 * What of a chat is newer than a revision from the message `$5` on, and the answers that are being written. `is_whole` is false when the reader has
 * to read the chat anew: the revision is not of this store, a message was deleted since, more is newer than a reply holds, or the newest message is
 * the current one, which need not have changed.
 */
export const CHANGED = `
WITH moment AS (${MOMENT}),
sized AS (${sized(
  `(${isNewer('m', '$3::bigint')} OR ${IS_RUNNING})
  AND m.seq >= coalesce((SELECT f.seq FROM messages f WHERE f.chat_id = $1 AND f.id = $5), 0)`,
  `${PAGE_MESSAGES}`,
)}),
page AS (SELECT * FROM sized WHERE bytes <= ${PAGE_BYTES})
SELECT ${CHAT} AS chat, ${MESSAGES} AS messages, ${RUNNING} AS running, ${REVISION} AS revision, false AS has_older,
       ${IS_KNOWN} AND c.current_message_id IS NOT NULL
         AND coalesce(c.messages_removed::text::bigint NOT BETWEEN $3::bigint AND (SELECT next FROM moment), true)
         AND (SELECT count(*) FROM sized) = (SELECT count(*) FROM page) AND (SELECT count(*) FROM page) < ${PAGE_MESSAGES} AS is_whole
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;

/** Whether nothing of a chat is newer than a revision, and nothing is being written. */
export const UNCHANGED = `
WITH moment AS (${MOMENT})
SELECT ${CHAT} AS chat,
       ${IS_KNOWN} AND NOT ${isNewer('c', '$3::bigint')}
         AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.chat_id = c.id AND ${isNewer('m', '$3::bigint')})
         AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.chat_id = c.id AND r.state IN ('queued', 'running')) AS unchanged
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;

/** The beginnings of a chat's newest messages. */
export const OUTLINE = `
SELECT c.current_message_id AS current_id,
       (SELECT coalesce(json_agg(json_build_object('id', m.id, 'parent_id', m.parent_id, 'role', m.role, 'text', m.text) ORDER BY m.seq), '[]')
          FROM (SELECT n.id, n.parent_id, n.role, left(n.content, ${OUTLINE_CHARACTERS}) AS text, n.seq FROM messages n
                 WHERE n.chat_id = c.id ORDER BY n.seq DESC LIMIT ${OUTLINE_MESSAGES}) m) AS items
  FROM chats c
 WHERE c.id = $1 AND c.user_id = $2`;
