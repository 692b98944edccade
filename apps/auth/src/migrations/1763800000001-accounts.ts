import { defineMigration } from '@perennial/persistence';

export const Accounts = defineMigration('Accounts1763800000001', {
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
});
