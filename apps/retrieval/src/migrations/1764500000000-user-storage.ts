import { defineMigration } from '@perennial/persistence';

/** What a user's files take is summed up at each upload, from the index alone. */
export const UserStorageIndex = defineMigration('UserStorageIndex1764500000000', {
  up: ['CREATE INDEX files_storage ON files (user_id) INCLUDE (id, size, text_size) WHERE deleted_at IS NULL'],
});
