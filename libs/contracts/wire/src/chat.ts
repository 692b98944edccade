import { boundedJson, boundedRecord, MAX_ENTRIES, MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Messages of one blob; no person writes a longer chat. */
const MAX_MESSAGES = MAX_ENTRIES;

/** Id of a message, chosen by the browser: a key of the blob's `messages`, so `__proto__` is refused. */
export const MessageIdSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(128)
  .refine((id) => id !== '__proto__', 'is not the id of a message');

/** Epoch seconds; older clients send milliseconds. */
export const TimestampSchema = z.number().min(0).max(1e14);

/** Position of an answer among those of several models. */
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
  /** User messages: attachments. Read leniently, like all fields that only clients write. */
  files: z.unknown().optional(),
  /** Answers with documents: `Source[]` and `MessageStatus[]`. */
  sources: z.unknown().optional(),
  statusHistory: z.unknown().optional(),
});

export type Message = z.infer<typeof MessageSchema>;

const messages = boundedRecord(MessageSchema, MAX_MESSAGES);

/**
 * A moment of the store: what is committed later is newer. It is no count: a chat that did not change has another revision at each read. Opaque
 * for clients; one of another store, or of before a failover or a restart of it, is older than everything.
 */
export const RevisionSchema = z.string().max(60);

/** The chat's blob. `timestamp` is epoch milliseconds. */
export const ChatBlobSchema = z.looseObject({
  title: z.string().max(1_000).optional(),
  models: z.array(modelName).max(100).optional(),
  params: boundedJson().optional(),
  history: z
    .looseObject({
      currentId: z.string().max(MAX_ID_CHARS).nullish(),
      messages: messages.default({}),
      /** In replies: there are older messages. Ignored if a client sends it back. */
      before: z.string().max(MAX_ID_CHARS).optional().catch(undefined),
      /** In replies: only messages that were added or changed since this revision. Ignored if a client sends it back. */
      since: RevisionSchema.optional().catch(undefined),
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
  /** Of this reply: pass it as `since` to get what is newer. */
  revision: z.string().optional(),
});

export type Chat = z.infer<typeof ChatSchema>;

/** Longest name of a new tag, in characters. */
export const MAX_TAG_CHARS = 100;

/** A tag of a user's chats. The id is made of the name: small letters, with `_` for spaces. */
export const TagSchema = z.object({
  id: z.string(),
  name: z.string(),
  user_id: z.uuid(),
  meta: z.null(),
});

export type Tag = z.infer<typeof TagSchema>;

/** A message in the outline of a chat. `text`: its first 80 characters. */
export const OutlineItemSchema = z.object({
  id: z.string(),
  parent_id: z.string().nullable(),
  role: z.enum(['user', 'assistant', 'system']),
  text: z.string(),
});

export type OutlineItem = z.infer<typeof OutlineItemSchema>;

/** The newest 10,000 messages of a chat, oldest first, on all branches. */
export const ChatOutlineSchema = z.object({ current_id: z.string().nullable(), items: z.array(OutlineItemSchema) });

export type ChatOutline = z.infer<typeof ChatOutlineSchema>;

/**
 * A chat in the sidebar. `active`: an answer is being written. `pinned`, `unread` and `tags` are ours, beside the fields of the wire; a server of
 * the previous version does not send them.
 */
export const ChatListItemSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  updated_at: z.number().int(),
  created_at: z.number().int(),
  last_read_at: z.number().int().nullable(),
  active: z.boolean(),
  snippet: z.string().nullable().optional(),
  /** Ours, of a search: where the words are in the snippet, in UTF-16 units, in order and without overlaps. */
  snippet_ranges: z.array(z.object({ from: z.number().int(), to: z.number().int() })).optional(),
  /** Ours, of a search: the message that was found; absent when it was the title. */
  message_id: z.string().optional(),
  archived: z.boolean().optional(),
  pinned: z.boolean().optional(),
  /** Something came since its owner read it; while it is active, the answer itself. */
  unread: z.boolean().optional(),
  /** Ids of its tags. */
  tags: z.array(z.string()).optional(),
});

export type ChatListItem = z.infer<typeof ChatListItemSchema>;
