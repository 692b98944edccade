import { boundedJson, boundedRecord, MAX_ENTRIES, MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { route } from './route';

/** Messages of one blob; a chat that is longer was not written by people. */
const MAX_MESSAGES = MAX_ENTRIES;

/** Id of a message, chosen by the browser: a key of the blob's `messages`, so not the one name that is none. */
export const MessageIdSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(128)
  .refine((id) => id !== '__proto__', 'is not the id of a message');

/** Epoch seconds; older clients send milliseconds. */
export const TimestampSchema = z.number().min(0).max(1e14);

/** Place of an answer among those of several models. */
export const ModelIndexSchema = z.number().int().min(0).max(1_000);

/** Parts of one message, and items of one answer. */
export const MAX_PARTS = 1_000;
const partType = z.string().max(100);
const modelName = z.string().max(512);

/** One item of an answer in the shape of OpenAI's Responses API. `id` is `msg_<run id>`: another id is another attempt. */
export const OutputItemSchema = z.looseObject({
  type: z.literal('message'),
  id: z.string().max(MAX_ID_CHARS),
  status: z.enum(['in_progress', 'completed', 'incomplete']),
  role: z.literal('assistant'),
  content: z.array(z.looseObject({ type: partType, text: z.string().max(MAX_TEXT_CHARS).optional() })).max(MAX_PARTS),
});
export type OutputItem = z.infer<typeof OutputItemSchema>;

/** One message of a chat; the tree is by `parentId` and `childrenIds`. `timestamp` is epoch seconds. Unknown fields are kept. */
export const MessageSchema = z.looseObject({
  id: MessageIdSchema,
  parentId: z.string().max(MAX_ID_CHARS).nullish(),
  childrenIds: z.array(z.string().max(MAX_ID_CHARS)).max(MAX_MESSAGES).default([]),
  role: z.enum(['user', 'assistant', 'system']),
  content: z.unknown().optional(),
  timestamp: TimestampSchema.optional(),
  model: modelName.optional(),
  modelName: modelName.optional(),
  modelIdx: ModelIndexSchema.optional(),
  models: z.array(modelName).max(100).optional(),
  done: z.boolean().optional(),
  output: z
    .array(OutputItemSchema.or(z.looseObject({ type: partType })))
    .max(MAX_PARTS)
    .optional(),
  usage: boundedJson(100).optional(),
  error: z.unknown().optional(),
  /** User messages: what was attached. Read leniently, like all that only clients write. */
  files: z.unknown().optional(),
  /** Answers with documents: `Source[]` and `MessageStatus[]`. */
  sources: z.unknown().optional(),
  statusHistory: z.unknown().optional(),
});
export type Message = z.infer<typeof MessageSchema>;

const messages = boundedRecord(MessageSchema, MAX_MESSAGES);

/** The chat's blob. `timestamp` is epoch milliseconds. */
export const ChatBlobSchema = z.looseObject({
  title: z.string().max(1_000).optional(),
  models: z.array(modelName).max(100).optional(),
  params: boundedJson().optional(),
  history: z
    .looseObject({
      currentId: z.string().max(MAX_ID_CHARS).nullish(),
      messages: messages.default({}),
      /** In answers: there are older messages. Read leniently, and ignored, where a client sends it back. */
      before: z.string().max(MAX_ID_CHARS).optional().catch(undefined),
    })
    .optional(),
  timestamp: TimestampSchema.optional(),
});

/** A chat with its messages; those being written show the text so far. Times are epoch seconds. */
export const ChatSchema = z.looseObject({
  id: z.uuid(),
  user_id: z.uuid(),
  title: z.string(),
  chat: ChatBlobSchema,
  created_at: z.number().int(),
  updated_at: z.number().int(),
  share_id: z.string().nullable(),
  archived: z.boolean(),
  pinned: z.boolean(),
  meta: z.record(z.string(), z.unknown()),
  variables: z.record(z.string(), z.unknown()),
  folder_id: z.string().nullable(),
  current_message_id: z.string().nullable(),
});
export type Chat = z.infer<typeof ChatSchema>;

/** A chat in the sidebar. `active`: an answer is being written. */
export const ChatListItemSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  updated_at: z.number().int(),
  created_at: z.number().int(),
  last_read_at: z.number().int().nullable(),
  active: z.boolean(),
  snippet: z.string().nullable().optional(),
  archived: z.boolean().optional(),
});
export type ChatListItem = z.infer<typeof ChatListItemSchema>;

/** Any string is accepted here: what is no chat of the caller's is 401, the same for "does not exist" and "not yours". */
const chatId = z.object({ id: z.string().min(1).max(200) });
const page = z.coerce.number().int().min(1);
const items = z.array(ChatListItemSchema);

/** Newest first; 60 a page, all without `page`. */
export const LIST_CHATS = route({
  method: 'GET',
  path: '/api/v1/chats/',
  aliases: ['/api/v1/chats/list'],
  access: 'user',
  query: z.object({
    page: page.optional(),
    sort_by: z.enum(['updated_at', 'created_at', 'title']).catch('updated_at'),
    sort_dir: z.enum(['asc', 'desc']).catch('desc'),
  }),
  reply: items,
});

const shelf = {
  method: 'GET',
  access: 'user',
  query: z.object({ page: page.optional() }),
  reply: items,
} as const;

export const LIST_PINNED_CHATS = route({ ...shelf, path: '/api/v1/chats/pinned' });
export const LIST_ARCHIVED_CHATS = route({ ...shelf, path: '/api/v1/chats/archived' });

/** Titles and message texts that hold `text`, with a snippet; 60 a page. */
export const SEARCH_CHATS = route({
  method: 'GET',
  path: '/api/v1/chats/search',
  access: 'user',
  query: z.object({ text: z.string().max(500).default(''), page: page.default(1) }),
  reply: items,
});

export const CREATE_CHAT = route({
  method: 'POST',
  path: '/api/v1/chats/new',
  access: 'user',
  body: z.object({ chat: ChatBlobSchema, folder_id: z.string().max(200).nullish() }),
  reply: ChatSchema,
});

/**
 * The chat with its newest messages: as many as fit into an answer of about 2 MB, which are all of nearly every chat. Where there are older ones,
 * `chat.history.before` is set: ask again with it as `before` for those. A message's `childrenIds` are complete only among what was fetched.
 */
export const GET_CHAT = route({
  method: 'GET',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  query: z.object({ before: z.string().max(MAX_ID_CHARS).optional() }),
  reply: ChatSchema,
});

/** Merges a partial blob; `title` renames. A message that is being written is left alone. */
export const UPDATE_CHAT = route({
  method: 'POST',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  body: z.object({ chat: ChatBlobSchema }),
  reply: ChatSchema,
});

/** Stops the chat's answers and deletes it. */
export const DELETE_CHAT = route({
  method: 'DELETE',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  reply: z.boolean(),
});

/** Ids of the answers that are being written in a chat; a task id is a run id. */
export const LIST_CHAT_TASKS = route({
  method: 'GET',
  path: '/api/tasks/chat/:id',
  access: 'user',
  params: chatId,
  reply: z.object({ task_ids: z.array(z.string()) }),
});

const stopped = z.object({ status: z.boolean(), message: z.string() });

/** The Stop button: every answer that is being written in the chat. */
export const STOP_CHAT_TASKS = route({
  method: 'POST',
  path: '/api/tasks/chat/:id/stop',
  access: 'user',
  params: chatId,
  reply: stopped,
});

/** One answer, by its owner. */
export const STOP_TASK = route({
  method: 'POST',
  path: '/api/tasks/stop/:id',
  access: 'user',
  params: chatId,
  reply: stopped,
});
