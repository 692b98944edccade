import { defineMigration } from '@perennial/persistence';

/** When a chunk of a recording begins, in seconds; null otherwise. */
export const Recordings = defineMigration('Recordings1764840000000', {
  up: ['ALTER TABLE chunks ADD COLUMN start_seconds integer'],
});
