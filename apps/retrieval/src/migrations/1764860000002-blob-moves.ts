import { defineMigration } from '@perennial/persistence';

/**
 * Moves of files that an administrator has begun; at most one is not finished. What is done is in `blob_stores` and in the stores: a row says
 * what is wanted, who works on it, and how far that is.
 */
export const BlobMoves = defineMigration('BlobMoves1764860000002', {
  up: [
    `CREATE TABLE blob_moves (
       id uuid PRIMARY KEY,
       kind text NOT NULL CHECK (kind IN ('move', 'rollback', 'finish')),
       target text CHECK ((target IS NOT NULL) = (kind = 'move')),
       bytes_per_s bigint,
       skip_unreadable boolean NOT NULL DEFAULT false,
       without_copying boolean NOT NULL DEFAULT false,
       owner uuid,
       epoch integer NOT NULL DEFAULT 0,
       -- Owners that died at it since it was ordered.
       deaths integer NOT NULL DEFAULT 0,
       paused boolean NOT NULL DEFAULT false,
       not_before timestamptz NOT NULL DEFAULT now(),
       progress jsonb,
       compared jsonb,
       -- What it waits for, or has just done.
       told text,
       -- Why it does not go on.
       error text,
       result text,
       created_at timestamptz NOT NULL DEFAULT now(),
       finished_at timestamptz
     )`,
    'CREATE UNIQUE INDEX blob_moves_unfinished ON blob_moves ((true)) WHERE finished_at IS NULL',
  ],
});
