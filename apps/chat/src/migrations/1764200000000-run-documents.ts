import { defineMigration } from '@perennial/persistence';

/** What the documents of a run said: its sources and statuses, found once and used by every later owner of the run. */
export const RunDocuments = defineMigration('RunDocuments1764200000000', {
  up: ['ALTER TABLE runs ADD COLUMN documents jsonb'],
});
