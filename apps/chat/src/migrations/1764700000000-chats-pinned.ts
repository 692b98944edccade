import { defineMigration } from '@perennial/persistence';

/** Pinned chats of a user: the list of every page, which is short among any number of chats. */
export const ChatsPinned = defineMigration('ChatsPinned1764700000000', {
  up: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS chats_pinned ON chats (user_id, updated_at DESC) WHERE pinned',
  transaction: false,
});
