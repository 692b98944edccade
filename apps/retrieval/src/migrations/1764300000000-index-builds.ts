import { defineMigration } from '@perennial/persistence';

/** The embedding settings of each index, and the index that is requested in place of the active one. */
export const IndexBuilds = defineMigration('IndexBuilds1764300000000', {
  up: [
    // Engine, model and servers with sealed keys: the active index keeps its own while another one is built.
    `ALTER TABLE indexes ADD COLUMN embedding jsonb NOT NULL DEFAULT '{}'`,
    // The directory distinguishes the disks of two machines with one name; a living machine renews its row.
    `ALTER TABLE embedded_store ADD COLUMN directory uuid NOT NULL, ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()`,
    // While a file is replaced, an index contains two of its generations: the live one and the next one.
    'ALTER TABLE indexed DROP CONSTRAINT indexed_pkey, ADD PRIMARY KEY (index_id, file_id, scope, generation)',
    // Deleting a placement deletes its index records, also those that a worker inserts at the same moment.
    `ALTER TABLE indexed ADD FOREIGN KEY (file_id, scope) REFERENCES placements (file_id, scope) ON DELETE CASCADE`,
    // Changes when another index is requested, so that the worker at the previous one notices.
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
