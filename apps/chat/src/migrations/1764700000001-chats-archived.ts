import { defineMigration } from '@perennial/persistence';

/** The archive of a user. */
export const ChatsArchived = defineMigration('ChatsArchived1764700000001', {
  up: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS chats_archived ON chats (user_id, updated_at DESC) WHERE archived',
  transaction: false,
});
