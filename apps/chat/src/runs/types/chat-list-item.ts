/** A time as the wire has it. Clients choose times, also beyond 2038, which an `int` cannot hold. */
export const seconds = (column: string): string => `floor(extract(epoch FROM ${column}))::float8`;

/** Ids of the tags of a row `c` of chats; an imported chat may have anything in their place. */
export const TAGS = `jsonb_path_query_array(c.meta, '$.tags[*] ? (@.type() == "string")')`;

/** The columns of a `ChatListItem`, of a row `c` of chats. */
export const CHAT_LIST_ITEM = `c.id, c.title, ${seconds('c.updated_at')} AS updated_at, ${seconds('c.created_at')} AS created_at,
  ${seconds('c.last_read_at')} AS last_read_at, c.pinned, c.archived, coalesce(c.last_read_at < c.updated_at, false) AS unread, ${TAGS} AS tags,
  EXISTS (SELECT 1 FROM runs r WHERE r.chat_id = c.id AND r.state IN ('queued', 'running')) AS active`;
