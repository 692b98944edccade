import { defineMigration } from '@perennial/persistence';

/** Chats of a user that have tags. */
export const ChatsTagged = defineMigration('ChatsTagged1764700000003', {
  up: `CREATE INDEX CONCURRENTLY IF NOT EXISTS chats_tagged ON chats (user_id, updated_at DESC) WHERE meta->'tags' <> '[]'`,
  transaction: false,
});
