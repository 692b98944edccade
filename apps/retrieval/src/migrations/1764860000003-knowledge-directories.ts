import { defineMigration } from '@perennial/persistence';

/**
 * Directories of bases; where a placement is in its base; and the base that a file moves to. A version before writes neither of the two columns:
 * its files are at the top level.
 */
export const KnowledgeDirectories = defineMigration('KnowledgeDirectories1764860000003', {
  up: [
    `CREATE TABLE knowledge_directories (
       id uuid PRIMARY KEY,
       base_id uuid NOT NULL REFERENCES knowledge_bases (id) ON DELETE CASCADE,
       -- Null: at the top level.
       parent_id uuid,
       -- In normal form NFC.
       name text NOT NULL,
       -- Who made it.
       user_id uuid NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       updated_at timestamptz NOT NULL DEFAULT now(),
       UNIQUE (base_id, id),
       FOREIGN KEY (base_id, parent_id) REFERENCES knowledge_directories (base_id, id)
     )`,
    'CREATE UNIQUE INDEX knowledge_directories_names ON knowledge_directories (base_id, coalesce(parent_id, base_id), name)',
    // Each directory that is deleted is looked for as a parent.
    'CREATE INDEX knowledge_directories_of_parent ON knowledge_directories (base_id, parent_id)',
    `ALTER TABLE placements
       -- Of the base that is the scope. Null: at its top level.
       ADD COLUMN directory_id uuid REFERENCES knowledge_directories (id) ON DELETE SET NULL,
       -- The file is in this base now, and is found here only until its points are there.
       ADD COLUMN moved_to uuid`,
  ],
});
