import { defineMigration } from '@perennial/persistence';

const FILES = `
CREATE TABLE files (
  -- Chosen by the gateway before it stores the bytes: a registration that comes twice is one.
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  name text NOT NULL,
  content_type text NOT NULL,
  size bigint NOT NULL,
  -- SHA-256 of the bytes, in hex.
  sha256 text NOT NULL,
  blob_key text NOT NULL,
  -- Rises with every replacement of the content.
  generation integer NOT NULL DEFAULT 1,
  -- The generation that searches find; null while none is.
  live_generation integer,
  -- Of the bytes of the live generation.
  live_sha256 text,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'processing', 'completed', 'failed')),
  -- The step that is under way or was reached last.
  step text CHECK (step IN ('extract', 'split', 'embed', 'index')),
  -- How many chunks the present generation has; set in the transaction that stores the last of them: from here on a restart embeds.
  chunk_count integer,
  -- {code, message}: why it failed.
  error jsonb,
  -- Attempts that ended badly: an owner that died, a step that broke. A store that was away does not count.
  attempts integer NOT NULL DEFAULT 0,
  -- The incarnation of the process that ingests it; by value, not by key: a process may be forgotten.
  owner uuid,
  -- The fence: rises with every take, and with every replacement and deletion.
  epoch integer NOT NULL DEFAULT 0,
  -- Null: a file that was stored without being processed waits for nobody.
  queued_at timestamptz,
  -- Not to be taken before.
  not_before timestamptz NOT NULL DEFAULT '-infinity',
  -- When a sweeper last enqueued it: other sweepers leave it alone for a while.
  swept_at timestamptz NOT NULL DEFAULT '-infinity',
  -- How many files of the same user waited when it was queued: the order among users.
  rank integer NOT NULL DEFAULT 0,
  meta jsonb NOT NULL DEFAULT '{}',
  -- W3C trace context of the registration.
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX files_of_user ON files (user_id, created_at DESC, id) WHERE deleted_at IS NULL;
CREATE INDEX files_waiting ON files (queued_at) WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX files_backlog ON files (user_id) WHERE state = 'pending' AND queued_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX files_owned ON files (owner) WHERE state = 'processing';
CREATE INDEX files_live ON files (id) WHERE live_generation IS NOT NULL AND deleted_at IS NULL;
`;

const KNOWLEDGE = `
ALTER TABLE knowledge_bases ADD COLUMN meta jsonb, ADD COLUMN deleted_at timestamptz;
CREATE TABLE placements (
  file_id uuid NOT NULL REFERENCES files (id) ON DELETE CASCADE,
  -- A base's id, or the file's own.
  scope uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (file_id, scope)
);
CREATE INDEX placements_of_scope ON placements (scope, file_id);
`;

const CHUNKS = `
CREATE TABLE chunks (
  file_id uuid NOT NULL,
  generation integer NOT NULL,
  ordinal integer NOT NULL,
  text text NOT NULL,
  -- From 1; null where the format has no pages.
  page integer,
  -- The headings above it, joined.
  heading text,
  -- UTF-16 units of the extracted text.
  start_offset integer NOT NULL,
  end_offset integer NOT NULL,
  -- SHA-256 of the text, in hex: the key of its vector in embeddings_cache.
  hash text NOT NULL,
  PRIMARY KEY (file_id, generation, ordinal)
);
`;

const INDEXES = `
CREATE TABLE indexes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- The collection in the vector store; never used again for another index.
  collection text NOT NULL UNIQUE,
  -- Which embedder and model, as embeddings_cache.model says it.
  model text NOT NULL,
  dimension integer NOT NULL,
  state text NOT NULL CHECK (state IN ('building', 'active', 'retired')),
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  retired_at timestamptz
);
-- One answers, one may be filled beside it.
CREATE UNIQUE INDEX indexes_active ON indexes (state) WHERE state = 'active';
CREATE UNIQUE INDEX indexes_building ON indexes (state) WHERE state = 'building';

CREATE TABLE indexed (
  index_id uuid NOT NULL REFERENCES indexes (id) ON DELETE CASCADE,
  file_id uuid NOT NULL,
  scope uuid NOT NULL,
  -- All points of this generation are in the index.
  generation integer NOT NULL,
  PRIMARY KEY (index_id, file_id, scope)
);
CREATE INDEX indexed_of_file ON indexed (file_id);

CREATE TABLE embeddings_cache (
  model text NOT NULL,
  hash text NOT NULL,
  -- 32-bit floats, little-endian.
  vector bytea NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model, hash)
);
-- Vectors do not compress; trying costs time at every write.
ALTER TABLE embeddings_cache ALTER COLUMN vector SET STORAGE EXTERNAL;
CREATE INDEX embeddings_cache_used ON embeddings_cache (used_at);
`;

const REMOVALS = `
CREATE TABLE removals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- file: everything of it; scope: all points of it; placement: one file's points in one scope; generations: all below one; blob: old bytes.
  kind text NOT NULL CHECK (kind IN ('file', 'scope', 'placement', 'generations', 'blob')),
  file_id uuid,
  scope uuid,
  below integer,
  blob_key text,
  not_before timestamptz NOT NULL DEFAULT now(),
  tries integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX removals_due ON removals (not_before);
CREATE INDEX removals_of_file ON removals (file_id);
`;

const SETTINGS = `
CREATE TABLE settings (
  -- One row.
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  version integer NOT NULL DEFAULT 1,
  data jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
`;

const PROCESSES = `
CREATE TABLE processes (
  -- A random incarnation, new at each boot and after each time the process was taken for dead.
  id uuid PRIMARY KEY,
  instance text NOT NULL,
  beat bigint NOT NULL DEFAULT 0,
  seen_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE embedded_store (
  -- One row: the one machine whose disk holds an embedded vector store.
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  host text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now()
);
`;

/** Files, bases and their placements; chunks, indexes and their contents; pending removals; settings; processes. */
export const Documents = defineMigration('Documents1764200000000', {
  up: [FILES, KNOWLEDGE, CHUNKS, INDEXES, REMOVALS, SETTINGS, PROCESSES],
});
