import { defineMigration } from '@perennial/persistence';

export const Revocations = defineMigration('Revocations1763800000002', {
  up: [
    // One row that numbers the feed. Its lock is held until the commit, so numbers become visible in order and without holes.
    `CREATE TABLE revocation_feed (
       one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
       sequence bigint NOT NULL
     )`,
    'INSERT INTO revocation_feed (sequence) VALUES (0)',
    `CREATE TABLE revocations (
       sequence bigint PRIMARY KEY,
       kind text NOT NULL CHECK (kind IN ('session', 'user')),
       subject text NOT NULL,
       user_id uuid NOT NULL,
       not_before bigint NOT NULL,
       expires_at timestamptz
     )`,
    `CREATE INDEX revocations_sessions ON revocations (subject) WHERE kind = 'session'`,
    'CREATE INDEX revocations_expiry ON revocations (expires_at) WHERE expires_at IS NOT NULL',
  ],
});
