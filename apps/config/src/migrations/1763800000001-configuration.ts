import { defineMigration } from '@perennial/persistence';

export const Configuration = defineMigration('Configuration1763800000001', {
  up: [
    // One row. Every change increments the version in its transaction; `environment` is a fingerprint of the environment variables.
    `CREATE TABLE versions (
       one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
       version bigint NOT NULL,
       environment text NOT NULL DEFAULT ''
     )`,
    'INSERT INTO versions (version) VALUES (1)',
    'CREATE TABLE settings (key text PRIMARY KEY, value jsonb NOT NULL)',
    // A row exists once an admin has saved the connections of this kind; before that the environment variables apply.
    'CREATE TABLE connection_kinds (kind text PRIMARY KEY, enabled boolean NOT NULL)',
    `CREATE TABLE connections (
       kind text NOT NULL REFERENCES connection_kinds ON DELETE CASCADE,
       position int NOT NULL,
       url text NOT NULL,
       sealed_key text,
       options jsonb NOT NULL,
       PRIMARY KEY (kind, position)
     )`,
    `CREATE TABLE model_entries (
       id text PRIMARY KEY,
       user_id uuid NOT NULL,
       base_model_id text,
       name text NOT NULL,
       meta jsonb NOT NULL,
       params jsonb NOT NULL,
       access_grants jsonb NOT NULL,
       is_active boolean NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       updated_at timestamptz NOT NULL DEFAULT now()
     )`,
  ],
});
