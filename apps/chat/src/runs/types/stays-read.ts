/** SQL: the new `last_read_at` of a chat whose change is nothing to read, such as a title. What its owner had read stays read. */
export const staysRead = (chats: string): string =>
  `CASE WHEN ${chats}.last_read_at >= ${chats}.updated_at THEN now() ELSE ${chats}.last_read_at END`;
