import type { ReasoningItem } from '@perennial/contracts-kernel';
import type { ChatListItem, MessageStatus, OutputItem, RunEnd, Source, UsageSchema } from '@perennial/contracts-wire';
import type { z } from 'zod';

/** Socket.IO path; websocket only. The handshake's `auth` is a `SocketAuth`. */
export const SOCKET_PATH = '/ws/socket.io';

export interface SocketAuth {
  token: string;
  /**
   * Ours. False: this socket gets no text of answers by itself, and no ends of them in `events`. Its page asks for the answers that it shows
   * (`run:follow`).
   */
  text?: boolean;
}

/** Name of the event that the server sends about chats and answers. */
export const SOCKET_EVENT = 'events';

/** Asks for an answer over this socket, from a cursor on: what `GET /api/v1/runs/{id}/events` streams. */
export interface FollowRun {
  /** The page's number for this reading, which the text comes with; never used twice on one socket. */
  line: number;
  run_id: string;
  /** The last one that came with text of this answer. */
  cursor?: string;
}

/** An OpenAI chunk: the first event of an answer (role, empty content) and the last but one (finish reason). */
export interface ChunkData {
  id: string;
  object: 'chat.completion.chunk';
  /** Epoch seconds. */
  created: number;
  model: string;
  choices: [{ index: 0; delta: { role?: 'assistant'; content?: string }; finish_reason: string | null }];
}

/**
 * The next text. `generation` and `offset` (UTF-16 units before `delta`) are ours: a reader applies a delta only at the offset it holds,
 * ignores what it already has, and fetches the chat again after a gap. `item_id` is `msg_<run id>`.
 */
export interface TextDeltaData {
  type: 'response.output_text.delta';
  item_id: string;
  /** Index of the answer in `output`: 1 if thoughts precede it. */
  output_index: 0 | 1;
  content_index: 0;
  delta: string;
  generation: number;
  offset: number;
}

/** An answer, after its thoughts if it has any. */
export type AnswerOutput = [OutputItem] | [ReasoningItem, OutputItem];

/** The whole text so far; replaces the shown text. `offset` is its length in UTF-16 units. */
export interface CumulativeData {
  output: AnswerOutput;
  generation: number;
  offset: number;
}

/** The end of a completed answer: stored text, and the chat's title when it is known. */
export interface DoneData {
  done: true;
  output: AnswerOutput;
  generation: number;
  offset: number;
  title?: string;
  usage?: z.infer<typeof UsageSchema>;
}

/**
 * A row of the list of chats has changed. `chat_id` is empty when many have: then the list is read again.
 */
export interface ChatListData {
  chat_id: string;
  folder_id?: string | null;
  /** The owner has read the chat, or marked it as unread. */
  last_read_at?: number;
  /**
   * The whole row as it is now, which is ours; null when the chat was deleted. Absent when this is not known (a server of the previous version,
   * an answer that another process ended): then the row is asked for.
   */
  chat?: ChatListItem | null;
}

/** Every `data` of an `events` payload that this server sends, by its `type`. */
export type SocketEventData =
  | { type: 'response:completion'; data: ChunkData | TextDeltaData }
  | { type: 'chat:completion'; data: ChunkData | CumulativeData | DoneData | { sources: Source[] } }
  | { type: 'status'; data: MessageStatus }
  | { type: 'chat:tasks:cancel'; data: { output: AnswerOutput; generation: number; offset: number } }
  | { type: 'chat:message:error'; data: { error: { content: string; code?: string } } }
  | { type: 'chat:active'; data: { active: boolean; folder_id?: string | null } }
  | { type: 'chat:title'; data: string }
  | { type: 'chat:list'; data: ChatListData }
  /** Messages of the chat were edited or deleted: it is read again. */
  | { type: 'chat:reload'; data: Record<string, never> }
  | { type: 'chat:message:follow_ups'; data: { follow_ups: string[] } }
  | { type: 'chat:presence'; data: { users: { id: string; name: string }[] } };

/** Payload of an `events` event. */
export interface SocketEvent {
  chat_id: string;
  /** The answer's message; absent for `chat:presence`. */
  message_id?: string;
  data: SocketEventData;
}

/**
 * Events that a page sends. Acknowledgements: `user-join` → `{id, name}` or null, `events:chat` join → true, or false when the chat is not
 * the user's, `run:follow` → true, or false when the answer cannot be read now; false and true when it is not there, or not the user's: it need not be
 * asked for again. A server of the previous release never says that.
 */
export interface ClientSocketEvents {
  'user-join': (
    message: { auth: { token: string } },
    ack?: (user: { id: string; name: string } | null) => void,
  ) => void;
  'events:chat': (
    message: { chat_id: string; data: { type: 'join' | 'last_read_at' | 'typing' } },
    ack?: (accepted: boolean) => void,
  ) => void;
  'run:follow': (message: FollowRun, ack: (accepted: boolean, isGone?: boolean) => void) => void;
  'run:leave': (line: number) => void;
  heartbeat: (message: Record<string, never>) => void;
  usage: (message: { action: string; model?: string; chat_id?: string }) => void;
}

export interface ServerSocketEvents {
  events: (event: SocketEvent) => void;
  /**
   * Only to pages with `text: false`: this server knows whose socket it is, and answers `run:follow`. One of the previous release never says so,
   * nor does one that refuses the socket.
   */
  'run:ready': () => void;
  /**
   * Text of a followed answer, with the cursor after it. It replaces what the page has from the text's place on: the cursor's offset less the
   * text's length, which is 0 when the answer began anew.
   */
  run: (line: number, cursor: string, text: string) => void;
  'run:end': (line: number, end: RunEnd) => void;
}
