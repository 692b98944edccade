import { defineMigration } from '@perennial/persistence';

export const UnnumberedRevocations = defineMigration('UnnumberedRevocations1764300000001', {
  up: [
    // Committed in the transaction of their cause, without a lock; the next numbering moves them into the feed. Nearly always empty.
    `CREATE TABLE unnumbered_revocations (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       kind text NOT NULL CHECK (kind IN ('session', 'user')),
       subject text NOT NULL,
       user_id uuid NOT NULL,
       not_before bigint NOT NULL,
       expires_at timestamptz
     )`,
  ],
});
