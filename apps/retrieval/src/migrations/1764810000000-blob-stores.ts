import { defineMigration } from '@perennial/persistence';

/**
 * Which of the declared stores holds the files; one row. `phase`: `settled`; `copying` from `active` to `other`; `moved` from `other` to
 * `active`; `returning`, by a rollback, from `other` to `active`. `progress` is what the migration last told of itself, for people.
 */
export const BlobStores = defineMigration('BlobStores1764810000000', {
  up: [
    `CREATE TABLE blob_stores (
       one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
       version bigint NOT NULL,
       phase text NOT NULL CHECK (phase IN ('settled', 'copying', 'moved', 'returning')),
       active text NOT NULL,
       other text CHECK ((other IS NULL) = (phase = 'settled')),
       progress text,
       changed_at timestamptz NOT NULL DEFAULT now()
     )`,
    `INSERT INTO blob_stores (version, phase, active) VALUES (1, 'settled', 'default')`,
  ],
});
