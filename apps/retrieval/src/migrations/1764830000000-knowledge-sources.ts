import { defineMigration } from '@perennial/persistence';

const SOURCES = `
CREATE TABLE knowledge_sources (
  id uuid PRIMARY KEY,
  base_id uuid NOT NULL REFERENCES knowledge_bases (id) ON DELETE CASCADE,
  -- The base's owner: its files are his, and count for him.
  user_id uuid NOT NULL,
  config jsonb NOT NULL,
  -- Seconds between two syncs; null: only when somebody asks.
  interval_s integer,
  -- When it may be claimed; 'infinity': not until somebody asks.
  next_at timestamptz NOT NULL DEFAULT now(),
  -- The number of its present or last sync.
  run integer NOT NULL DEFAULT 0,
  -- The sync is not finished: the next owner continues it.
  running boolean NOT NULL DEFAULT false,
  -- More documents were found than it may have.
  truncated boolean NOT NULL DEFAULT false,
  -- The incarnation of the process that reads it, and the fence, as of files.
  owner uuid,
  epoch integer NOT NULL DEFAULT 0,
  -- Owners that died since a document was last completed.
  deaths integer NOT NULL DEFAULT 0,
  -- Failures since the last sync that succeeded, and pauses since a document was last completed: the next try is later.
  tries integer NOT NULL DEFAULT 0,
  -- The order in which workers turn to those that are due.
  queued_at timestamptz NOT NULL DEFAULT now(),
  -- {code, message}: why the last sync failed.
  error jsonb,
  started_at timestamptz,
  finished_at timestamptz,
  succeeded_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX knowledge_sources_of_base ON knowledge_sources (base_id, created_at);
CREATE INDEX knowledge_sources_due ON knowledge_sources (next_at) WHERE owner IS NULL;
CREATE INDEX knowledge_sources_owned ON knowledge_sources (owner) WHERE owner IS NOT NULL;
`;

const DOCUMENTS = `
CREATE TABLE source_documents (
  source_id uuid NOT NULL REFERENCES knowledge_sources (id) ON DELETE CASCADE,
  -- Its address within the source: a URL.
  address text NOT NULL,
  -- It is read for the documents that it names, and is none itself: a sitemap.
  listing boolean NOT NULL DEFAULT false,
  -- Links between it and the beginning.
  depth integer NOT NULL DEFAULT 0,
  ordinal bigint GENERATED ALWAYS AS IDENTITY,
  -- The last sync that found it, and the last that has finished with it. Between the two it waits.
  seen_run integer NOT NULL,
  done_run integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'duplicate', 'skipped', 'failed', 'absent')),
  message text,
  file_id uuid,
  -- As its server named them with the content that the file has.
  etag text,
  last_modified text,
  absent_since timestamptz,
  -- Syncs in a row that missed it, and the last of them.
  absences integer NOT NULL DEFAULT 0,
  missed_run integer NOT NULL DEFAULT 0,
  checked_at timestamptz,
  PRIMARY KEY (source_id, address)
) WITH (fillfactor = 70);
CREATE INDEX source_documents_waiting ON source_documents (source_id, depth, ordinal) WHERE done_run < seen_run;
CREATE INDEX source_documents_of_file ON source_documents (file_id) WHERE file_id IS NOT NULL;
`;

/** Where the documents of a base come from, and what was found there. */
export const KnowledgeSources = defineMigration('KnowledgeSources1764830000000', { up: [SOURCES, DOCUMENTS] });
