import { defineMigration } from '@perennial/persistence';

const CHATS = `
CREATE TABLE chats (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  title text NOT NULL,
  models jsonb NOT NULL DEFAULT '[]',
  params jsonb NOT NULL DEFAULT '{}',
  meta jsonb NOT NULL DEFAULT '{}',
  -- What else a client keeps in its blob (files, tags, system), returned as it came.
  extra jsonb NOT NULL DEFAULT '{}',
  folder_id text,
  archived boolean NOT NULL DEFAULT false,
  pinned boolean NOT NULL DEFAULT false,
  current_message_id text,
  last_read_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1
);
CREATE INDEX chats_of_user ON chats (user_id, updated_at DESC);
`;

const MESSAGES = `
CREATE TABLE messages (
  chat_id uuid NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  id text NOT NULL,
  parent_id text,
  -- Order of insertion: the order of a parent's children.
  seq bigint GENERATED ALWAYS AS IDENTITY,
  role text NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
  content text NOT NULL DEFAULT '',
  -- OpenAI content parts, when the content is more than text; content then holds their text.
  content_parts jsonb,
  model text,
  model_idx integer,
  -- False while an answer is being written.
  done boolean NOT NULL DEFAULT true,
  output jsonb,
  usage jsonb,
  -- The wire's {"content": "..."}; set on an answer that failed.
  error jsonb,
  -- Every other field of the wire's message (files, models, annotation, ...), returned as it came.
  extra jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chat_id, id)
) WITH (fillfactor = 80);
`;

const RUNS = `
CREATE TABLE runs (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('turn', 'completion')),
  user_id uuid NOT NULL,
  -- The asker's role and session at the time of the accept: on whose behalf models are resolved.
  principal jsonb NOT NULL,
  -- No foreign key: a run outlives its chat until its end has been published.
  chat_id uuid,
  message_id text,
  parent_message_id text,
  model text NOT NULL,
  -- n-th answer to the same message or idempotency key.
  attempt integer NOT NULL DEFAULT 1,
  encoding text NOT NULL DEFAULT 'text' CHECK (encoding IN ('text', 'chunks')),
  -- turn: {system, params}; completion: the OpenAI body.
  request jsonb NOT NULL,
  idempotency_key text,
  body_hash text,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
  -- The fence: rises with every take.
  epoch integer NOT NULL DEFAULT 0,
  -- The incarnation of the process that writes the answer; references processes by value, not by key: a process may be forgotten.
  owner uuid,
  deaths integer NOT NULL DEFAULT 0,
  cancel_requested_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  queued_at timestamptz NOT NULL DEFAULT now(),
  -- When a sweeper last enqueued it: other sweepers leave it alone for a while.
  swept_at timestamptz NOT NULL DEFAULT '-infinity',
  started_at timestamptz,
  ended_at timestamptz,
  -- W3C trace context of the accept and of the latest attempt.
  traceparent text,
  attempt_traceparent text,
  -- {generation, length, finishReason, usage, error}: recorded before the finish, so that a taker does not call the provider again.
  provider_end jsonb,
  -- The whole text of a completion; a turn's is its message's.
  text text,
  terminal jsonb,
  -- When the terminal event reached Redis; null: publish it again.
  published_at timestamptz
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX runs_active_message ON runs (chat_id, message_id) WHERE state IN ('queued', 'running') AND chat_id IS NOT NULL;
CREATE UNIQUE INDEX runs_attempt_message ON runs (chat_id, message_id, attempt) WHERE chat_id IS NOT NULL;
CREATE UNIQUE INDEX runs_attempt_key ON runs (user_id, idempotency_key, attempt) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_active_user ON runs (user_id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_queued ON runs (queued_at) WHERE state = 'queued';
CREATE INDEX runs_running ON runs (owner) WHERE state = 'running';
CREATE INDEX runs_unpublished ON runs (ended_at) WHERE terminal IS NOT NULL AND published_at IS NULL;
CREATE INDEX runs_ended_completions ON runs (ended_at) WHERE kind = 'completion' AND terminal IS NOT NULL;
`;

const CHECKPOINTS = `
CREATE TABLE run_checkpoints (
  run_id uuid NOT NULL,
  generation integer NOT NULL,
  epoch integer NOT NULL,
  -- UTF-16 units of text before this piece.
  start integer NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (run_id, generation, epoch, start)
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
`;

const SIDE_EFFECTS = `
CREATE TABLE side_effects (
  key text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('title')),
  run_id uuid NOT NULL,
  user_id uuid NOT NULL,
  chat_id uuid NOT NULL,
  payload jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'begun', 'done')),
  owner uuid,
  tries integer NOT NULL DEFAULT 0,
  result jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX side_effects_open ON side_effects (created_at) WHERE state <> 'done';
CREATE INDEX side_effects_of_run ON side_effects (run_id);
`;

/** Chats, messages (a message is a row, never a blob), runs, and the tables for their ownership. */
export const ChatSchema = defineMigration('ChatSchema1764000000000', {
  up: [CHATS, MESSAGES, RUNS, CHECKPOINTS, PROCESSES, SIDE_EFFECTS],
});
