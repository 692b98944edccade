import { defineMigration } from '@perennial/persistence';

/** A move that a version without named stores does not take up: it would write into the store of `VECTOR_DB`, and switch. */
export const BuildRetry = defineMigration('BuildRetry1764820000000', {
  up: `ALTER TABLE index_builds
         -- When it is tried again. not_before is for that version: 'infinity' with a move.
         ADD COLUMN retry_at timestamptz NOT NULL DEFAULT '-infinity'`,
});
