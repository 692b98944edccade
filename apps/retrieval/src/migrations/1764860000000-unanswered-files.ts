import { defineMigration } from '@perennial/persistence';

/** Since when the server that reads a file has been away, perhaps because of the file. */
export const UnansweredFiles = defineMigration('UnansweredFiles1764860000000', {
  up: ['ALTER TABLE files ADD COLUMN unanswered_since timestamptz'],
});
