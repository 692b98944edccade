import { defineMigration } from '@perennial/persistence';

/** Indexes in several vector stores, and the move from one to another. */
export const IndexStores = defineMigration('IndexStores1764800000000', {
  up: [
    `ALTER TABLE indexes
       -- A name of the installation's vector stores.
       ADD COLUMN store text NOT NULL DEFAULT 'default',
       -- Kept and written since another store answers, so that it can answer again; retired_at is 'infinity' then, so that an older
       -- version does not drop it either.
       ADD COLUMN former_since timestamptz,
       -- What the comparison with the former index has found before the switch.
       ADD COLUMN comparison jsonb`,
    `ALTER TABLE index_builds
       -- Where the new index is to be; null: where the active one is.
       ADD COLUMN store text,
       ADD COLUMN points_per_second integer,
       ADD COLUMN min_recall float8 NOT NULL DEFAULT 0,
       ADD COLUMN paused boolean NOT NULL DEFAULT false`,
  ],
});
