import { defineMigration } from '@perennial/persistence';

/** The storage of a user's files is summed at each upload, from the index alone. */
export const UserStorageIndex = defineMigration('UserStorageIndex1764500000000', {
  up: ['CREATE INDEX files_storage ON files (user_id) INCLUDE (id, size, text_size) WHERE deleted_at IS NULL'],
});
