import { defineMigration } from '@perennial/persistence';

/** The documents of a run: its sources and statuses, searched once and used by every later owner of the run. */
export const RunDocuments = defineMigration('RunDocuments1764200000000', {
  up: ['ALTER TABLE runs ADD COLUMN documents jsonb'],
});
