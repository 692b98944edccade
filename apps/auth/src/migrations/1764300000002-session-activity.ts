import { defineMigration } from '@perennial/persistence';

export const SessionActivity = defineMigration('SessionActivity1764300000002', {
  up: [
    // A session without a row was not used since this table exists; then the last activity of its account counts.
    `CREATE TABLE session_activity (
       session_id text PRIMARY KEY,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       seen_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz
     )`,
    'CREATE INDEX session_activity_user ON session_activity (user_id)',
    'CREATE INDEX session_activity_expiry ON session_activity (expires_at) WHERE expires_at IS NOT NULL',
  ],
});
