import { boundedJson, boundedRecord, defineCall, MAX_ENTRIES, MAX_ID_CHARS } from '@perennial/contracts-kernel';
import { ChatOutlineSchema, RevisionSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { ChatBlobSchema, ChatListItemSchema, ChatSchema, WireMessageSchema } from './chat';

/** Most messages that a reader may ask for at once. */
export const MAX_TAIL = 2_000;

/** The caller's chats, newest first; 60 a page, all without `page`. */
export const list = defineCall({
  pattern: 'chat.chats.list',
  effect: 'read',
  request: z.object({
    page: z.number().int().min(1).optional(),
    /** Only pinned ones, or only others; both without it. */
    pinned: z.boolean().optional(),
    archived: z.boolean().default(false),
    /** Only those with this in their titles, in any case. */
    title: z.string().max(500).optional(),
    sortBy: z.enum(['updated_at', 'created_at', 'title']).default('updated_at'),
    direction: z.enum(['asc', 'desc']).default('desc'),
  }),
  reply: z.object({ items: z.array(ChatListItemSchema) }),
});

/**
 * Titles and message texts that have every word of `text`, with a snippet; 60 a page, newest first. `tag:NAME` (all of several; `tag:none` for chats
 * without tags), `pinned:true|false` and `archived:true|false` say which chats; the archive is left out otherwise. Without words all such chats.
 * There are no folders and no shared chats yet: `folder:NAME` and `shared:true` find nothing, `shared:false` everything.
 */
export const search = defineCall({
  pattern: 'chat.chats.search',
  effect: 'read',
  sealed: true,
  request: z.object({ text: z.string().max(500), page: z.number().int().min(1).default(1) }),
  reply: z.object({ items: z.array(ChatListItemSchema) }),
});

const id = z.string().max(MAX_ID_CHARS);

/** A blob in a request. Stored blobs and replies have no maxima, so that old rows stay readable. */
const IncomingBlobSchema = ChatBlobSchema.extend({
  title: z.string().max(1_000).optional(),
  models: z.array(z.string().max(512)).max(100).optional(),
  params: boundedJson().optional(),
  history: z
    .looseObject({
      currentId: id.nullish(),
      messages: boundedRecord(
        WireMessageSchema.extend({
          id,
          parentId: id.nullish(),
          childrenIds: z.array(id).max(MAX_ENTRIES).default([]),
        }),
        MAX_ENTRIES,
      ).default({}),
    })
    .optional(),
});

/** Creates a chat from a blob (import, branch, older clients). */
export const create = defineCall({
  pattern: 'chat.chats.create',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chat: IncomingBlobSchema, folderId: id.nullish() }),
  reply: ChatSchema,
});

const epochSeconds = z.number().int().min(0).max(1e11);

/**
 * Takes over a chat of another product with its id and times, or a further part of it: messages that the chat has stay as they are, the
 * others are added. A large chat comes in several calls, parents first. `created` is false when the chat was there.
 * `NOT_FOUND` when the id belongs to another user's chat; `PAYLOAD_TOO_LARGE` as `update`, and beyond the storage of the user.
 */
export const importChat = defineCall({
  pattern: 'chat.chats.importChat',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    chatId: z.uuid(),
    chat: IncomingBlobSchema,
    folderId: id.nullish(),
    meta: boundedJson().default({}),
    /** Names of its tags; without them, those that `meta` has in `tags`. Beyond the limits of `tags.add` they are left out. */
    tags: z.array(z.string().max(1_000)).max(1_000).optional(),
    pinned: z.boolean().default(false),
    archived: z.boolean().default(false),
    createdAt: epochSeconds,
    updatedAt: epochSeconds,
  }),
  reply: z.object({ created: z.boolean(), added: z.number().int() }),
  deadlineMs: 15_000,
});

/**
 * One chat with its newest messages, running ones overlaid with the live text: as many as fit into a reply, at least one. If there are older
 * ones, `history.before` is the id to pass as `before`. With `since` only what is newer, marked by `history.since`; without the mark the reply is
 * a whole one, because too much is newer, a message was deleted, or the revision is of another store. `NOT_FOUND` also when it belongs to another
 * user.
 */
export const get = defineCall({
  pattern: 'chat.chats.get',
  effect: 'read',
  request: z.object({
    chatId: z.uuid(),
    /** Id of a message: returns only older ones. `INVALID_ARGUMENT` when it is gone. */
    before: id.optional(),
    /** Messages: the last ones of the shown branch with all that are newer than the first of these; before a message simply the newest. */
    tail: z.number().int().min(1).max(MAX_TAIL).optional(),
    /** Returns what is newer. */
    since: RevisionSchema.optional(),
    /** Id of a message: with `since` only those that are not older in the order of the chat. */
    from: id.optional(),
    /** Returns no messages and `unchanged` if nothing is newer. */
    unless: RevisionSchema.optional(),
    /** The reply has a `revision`. */
    revised: z.boolean().default(false),
  }),
  reply: ChatSchema.extend({ unchanged: z.literal(true).optional() }),
});

/** The beginnings of a chat's messages. `NOT_FOUND` also when it belongs to another user. */
export const outline = defineCall({
  pattern: 'chat.chats.outline',
  effect: 'read',
  request: z.object({ chatId: z.uuid() }),
  reply: ChatOutlineSchema,
});

/**
 * Merges a partial blob: `title` renames; messages are upserted as rows, except one that is being written. `PAYLOAD_TOO_LARGE` when the chat,
 * or one of its messages, would be too large for a reply.
 */
export const update = defineCall({
  pattern: 'chat.chats.update',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chatId: z.uuid(), chat: IncomingBlobSchema }),
  reply: ChatSchema,
});

/** Cancels the chat's runs and deletes it with its messages. */
export const remove = defineCall({
  pattern: 'chat.chats.delete',
  effect: 'keyed',
  request: z.object({ chatId: z.uuid() }),
  reply: z.object({ deleted: z.boolean() }),
});

/** Sets the read marker to now. */
export const markRead = defineCall({
  pattern: 'chat.chats.markRead',
  effect: 'keyed',
  request: z.object({ chatId: z.uuid() }),
  reply: z.object({ lastReadAt: z.number().int() }),
});

/** Deletes all rows of a deleted user. The gateway's admin route calls it after auth has deleted the account. */
export const removeOfUser = defineCall({
  pattern: 'chat.chats.deleteOfUser',
  effect: 'keyed',
  request: z.object({ userId: z.uuid() }),
  reply: z.object({ deleted: z.number().int() }),
});
