import { callResultsMigration, defineMigration } from '@perennial/persistence';

/** All migrations of schema `auth`, oldest first. */
export const authMigrations = [
  defineMigration('Accounts1763800000001', {
    up: [
      // tokens_valid_from: epoch milliseconds. A token issued before it is invalid, whatever the revocation feed contains.
      `CREATE TABLE users (
         id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
         email text NOT NULL CHECK (email = lower(email)),
         name text NOT NULL,
         role text NOT NULL CHECK (role IN ('admin', 'user', 'pending')),
         password_hash text NOT NULL,
         profile_image_url text NOT NULL,
         bio text,
         gender text,
         date_of_birth text,
         timezone text,
         tokens_valid_from bigint NOT NULL DEFAULT 0,
         last_active_at timestamptz NOT NULL DEFAULT now(),
         created_at timestamptz NOT NULL DEFAULT now(),
         updated_at timestamptz NOT NULL DEFAULT now(),
         CONSTRAINT users_email_unique UNIQUE (email)
       )`,
      `CREATE INDEX users_admins ON users (id) WHERE role = 'admin'`,
      `CREATE TABLE user_settings (
         user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
         settings jsonb NOT NULL,
         updated_at timestamptz NOT NULL DEFAULT now()
       )`,
    ],
  }),
  defineMigration('Revocations1763800000002', {
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
  }),
  callResultsMigration(1763800000003),
  defineMigration('UnnumberedRevocations1764300000001', {
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
  }),
  defineMigration('SessionActivity1764300000002', {
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
  }),
];
