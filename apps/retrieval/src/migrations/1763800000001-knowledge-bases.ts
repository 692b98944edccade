import { defineMigration } from '@perennial/persistence';

export const KnowledgeBases = defineMigration('KnowledgeBases1763800000001', {
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
});
