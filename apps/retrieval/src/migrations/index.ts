import { callResultsMigration, defineMigration } from '@perennial/persistence';
import { Documents } from './1764200000000-documents';
import { IndexBuilds } from './1764300000000-index-builds';
import { FaultIsolation } from './1764400000000-fault-isolation';
import { UserStorageIndex } from './1764500000000-user-storage';

/** All migrations of schema `retrieval`, oldest first. */
export const retrievalMigrations = [
  defineMigration('KnowledgeBases1763800000001', {
    up: [
      `CREATE TABLE knowledge_bases (
         id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
         user_id uuid NOT NULL,
         name text NOT NULL,
         description text NOT NULL DEFAULT '',
         created_at timestamptz NOT NULL DEFAULT now(),
         updated_at timestamptz NOT NULL DEFAULT now()
       )`,
      'CREATE INDEX knowledge_bases_of_user ON knowledge_bases (user_id, updated_at DESC, id)',
    ],
  }),
  Documents,
  callResultsMigration(1764200000001),
  IndexBuilds,
  FaultIsolation,
  UserStorageIndex,
];
