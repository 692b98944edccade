/*
 * The data of a run that its new owner needs, read by the statement that claims it. Such a statement is WITH RECURSIVE and has
 * these parts:
 *   taken   the rows of `runs` that were taken
 *   heads   for each of a chat the message that it answers: run_id, chat_id, id, parent_id, role, content, content_parts, files
 *   texts   text that they have already: rows as those of `run_checkpoints`
 *   title   titles that come with them: run_id, key, payload, tries, user_id, chat_id
 */

/** Longer paths are cut at their beginning. */
const MAX_PATH = 5_000;

/** Part `path`: from the message to answer back to the chat's first. */
export const PATH = `
path AS (
  SELECT run_id, chat_id, id, parent_id, role, content, content_parts, files, 1 AS depth FROM heads
  UNION ALL
  SELECT p.run_id, p.chat_id, m.id, m.parent_id, m.role, m.content, m.content_parts, m.extra->'files', p.depth + 1
    FROM path p JOIN messages m ON m.chat_id = p.chat_id AND m.id = p.parent_id
   WHERE p.depth < ${MAX_PATH}
)`;

const OF_RUN = `
SELECT t.id, t.kind, t.user_id, t.chat_id, t.message_id, t.model, t.encoding, t.request, t.idempotency_key, t.state, t.epoch, t.deaths,
       t.cancel_requested_at IS NOT NULL AS cancelled, t.traceparent, t.attempt_traceparent, t.provider_end, t.documents,
       jsonb_build_object('kind', 'user', 'userId', t.user_id) || t.principal AS principal,
       extract(epoch FROM clock_timestamp() - t.created_at)::float8 AS age_s,
       extract(epoch FROM clock_timestamp() - t.started_at)::float8 AS running_s`;

/** Addresses of the pictures among the files of a message, as a JSON path. */
const PICTURES = '$[*] ? (@.type == "image").url ? (@.type() == "string")';

/** Ends the statement; its rows are `ClaimedRun`s. */
export const SELECT_TAKEN = `${OF_RUN},
       (SELECT jsonb_agg(jsonb_build_object('id', id, 'role', role, 'content', content, 'parts', content_parts,
                                            'pictures', CASE role WHEN 'user' THEN jsonb_path_query_array(files, '${PICTURES}') END)
                         ORDER BY depth DESC)
          FROM path WHERE path.run_id = t.id)
         AS history,
       (SELECT jsonb_agg(jsonb_build_object('type', f->'type', 'id', coalesce(f->'id', f#>'{file,id}'), 'context', f->'context') ORDER BY depth)
          FROM (SELECT files, depth FROM path WHERE path.run_id = t.id AND files IS NOT NULL
                UNION ALL
                SELECT c.extra->'files', ${MAX_PATH + 1} FROM chats c WHERE c.id = t.chat_id AND c.extra ? 'files') a,
               jsonb_array_elements(CASE jsonb_typeof(a.files) WHEN 'array' THEN a.files ELSE '[]' END) f
         WHERE f->>'type' IN ('file', 'collection')) AS attached,
       (SELECT jsonb_agg(jsonb_build_object('generation', generation, 'epoch', epoch, 'start', start, 'text', text)
                         ORDER BY generation, epoch, start) FROM texts WHERE texts.run_id = t.id) AS checkpoints,
       (SELECT to_jsonb(title.*) FROM title WHERE title.run_id = t.id LIMIT 1) AS title
  FROM taken t`;

/** The same if all claimed runs are new completions, which have no other data; only `taken` is needed. */
export const SELECT_TAKEN_COMPLETION = `${OF_RUN},
       NULL AS history, NULL AS attached, NULL AS checkpoints, NULL AS title
  FROM taken t`;
