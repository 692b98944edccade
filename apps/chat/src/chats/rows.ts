import type { Checkpoint } from '../runs/types/run';

/** A chat's row; times are epoch seconds. */
export interface ChatRow {
  id: string;
  user_id: string;
  title: string;
  models: string[];
  params: Record<string, unknown>;
  meta: Record<string, unknown>;
  /** Other fields of the client's blob. */
  extra: Record<string, unknown>;
  folder_id: string | null;
  archived: boolean;
  pinned: boolean;
  current_message_id: string | null;
  last_read_at: number | null;
  created_at: number;
  updated_at: number;
}

/** Fields of a message's row that a client may set. */
export interface MessageFields {
  content: string;
  content_parts: unknown[] | null;
  model: string | null;
  model_idx: number | null;
  output: unknown;
  usage: unknown;
  error: unknown;
  extra: Record<string, unknown>;
}

/** A message's row; they come in the order of their insertion. */
export interface MessageRow extends MessageFields {
  id: string;
  parent_id: string | null;
  role: 'user' | 'assistant' | 'system';
  done: boolean;
  /** Epoch seconds. */
  created_at: number;
}

/** An answer of the chat that is being written. */
export interface RunningAnswer {
  runId: string;
  messageId: string;
  checkpoints: Checkpoint[] | null;
}

export interface StoredChat {
  chat: ChatRow;
  /** A page of them. */
  messages: MessageRow[];
  /** There are messages before the page. */
  has_older: boolean;
  running: RunningAnswer[];
  revision: string;
}

/** A part of a chat. */
export interface ChatPart extends StoredChat {
  /** There is no message that the part could be before. */
  is_lost: boolean;
}

/** What of a chat is newer than a revision. */
export interface ChangedChat extends StoredChat {
  /** Nothing newer is missing. */
  is_whole: boolean;
}
