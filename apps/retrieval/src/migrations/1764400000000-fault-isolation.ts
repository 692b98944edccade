import { defineMigration } from '@perennial/persistence';

/** Keeps one file, one text or one user from delaying the others. */
export const FaultIsolation = defineMigration('FaultIsolation1764400000000', {
  up: [
    `ALTER TABLE files
       -- Workers that died with this file and others in hand, since its last finished step: one of the files was the reason.
       ADD COLUMN deaths integer NOT NULL DEFAULT 0,
       -- It took long while others waited: it is ingested beside the turns of the users.
       ADD COLUMN slow boolean NOT NULL DEFAULT false,
       -- Bytes (UTF-8) of the chunks of the present generation: a part of what the user is charged for.
       ADD COLUMN text_size bigint NOT NULL DEFAULT 0`,
    // The embedder of the active index fails even on a text that is known to work. A new key or a retry ends the pause.
    `ALTER TABLE indexes ADD COLUMN paused_until timestamptz NOT NULL DEFAULT '-infinity'`,
    // Live files with a text that the embedder of an index rejects: the index is built without them, and they are retried.
    `CREATE TABLE index_refusals (
       index_id uuid NOT NULL REFERENCES indexes (id) ON DELETE CASCADE,
       file_id uuid NOT NULL REFERENCES files (id) ON DELETE CASCADE,
       generation integer NOT NULL,
       error text NOT NULL,
       tries integer NOT NULL DEFAULT 1,
       not_before timestamptz NOT NULL,
       PRIMARY KEY (index_id, file_id, generation)
     )`,
    'CREATE INDEX index_refusals_of_file ON index_refusals (file_id)',
  ],
});
