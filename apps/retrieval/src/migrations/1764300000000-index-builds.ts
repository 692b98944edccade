import { defineMigration } from '@perennial/persistence';

/** What each index's vectors are made with, and the index that is wanted in place of the active one. */
export const IndexBuilds = defineMigration('IndexBuilds1764300000000', {
  up: [
    // Engine, model and servers with sealed keys: the active index goes on with its own while another is being built.
    `ALTER TABLE indexes ADD COLUMN embedding jsonb NOT NULL DEFAULT '{}'`,
    // The directory tells two disks apart that two machines of one name may have; a machine that is alive says so again and again.
    `ALTER TABLE embedded_store ADD COLUMN directory uuid NOT NULL, ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()`,
    // While a file is replaced, an index holds two generations of it: the one that is found, and the one that is about to be.
    'ALTER TABLE indexed DROP CONSTRAINT indexed_pkey, ADD PRIMARY KEY (index_id, file_id, scope, generation)',
    // What was in an index of a file's place goes with the place, also what a worker writes down at that very moment.
    `ALTER TABLE indexed ADD FOREIGN KEY (file_id, scope) REFERENCES placements (file_id, scope) ON DELETE CASCADE`,
    // Changes when someone wants another index: whoever works at the former one notices.
    `CREATE TABLE index_builds (
       -- One row.
       one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
       id uuid NOT NULL DEFAULT gen_random_uuid(),
       model text NOT NULL,
       embedding jsonb NOT NULL,
       -- Null until the embedder has said how many dimensions its vectors have.
       index_id uuid REFERENCES indexes (id) ON DELETE SET NULL,
       -- Who works at it, and until when that is believed without a word from them.
       owner uuid,
       lease_until timestamptz NOT NULL DEFAULT '-infinity',
       -- Why the last try ended.
       error text,
       failures integer NOT NULL DEFAULT 0,
       not_before timestamptz NOT NULL DEFAULT '-infinity',
       created_at timestamptz NOT NULL DEFAULT now()
     )`,
  ],
});
