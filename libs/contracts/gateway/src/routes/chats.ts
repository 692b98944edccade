import { MAX_ID_CHARS } from '@perennial/contracts-kernel';
import {
  ChatBlobSchema,
  ChatListItemSchema,
  ChatOutlineSchema,
  ChatSchema,
  RevisionSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

const page = z.coerce.number().int().min(1);

const items = z.array(ChatListItemSchema);

const flag = z
  .enum(['true', 'false'])
  .catch('false')
  .transform((text) => text === 'true');

/**
 * Newest first; 60 a page, all without `page`. Those in the archive are left out, and pinned ones unless `include_pinned` is true. There are no
 * folders yet, so `include_folders` changes nothing: chats that other products had in folders are listed.
 */
export const list = route({
  method: 'GET',
  path: '/api/v1/chats/',
  aliases: ['/api/v1/chats/list'],
  access: 'user',
  query: z.object({
    page: page.optional(),
    include_pinned: flag,
    include_folders: flag,
    sort_by: z.enum(['updated_at', 'created_at', 'title']).catch('updated_at'),
    sort_dir: z.enum(['asc', 'desc']).catch('desc'),
  }),
  reply: items,
});

/** Pinned chats that are not in the archive, newest first; 60 a page, all without `page`. */
export const pinned = route({
  method: 'GET',
  path: '/api/v1/chats/pinned',
  access: 'user',
  query: z.object({ page: page.optional() }),
  reply: items,
});

/** The archive, newest first or as asked; 60 a page, all without `page`. `query` is found in titles. */
export const archived = route({
  method: 'GET',
  path: '/api/v1/chats/archived',
  access: 'user',
  query: z.object({
    page: page.optional(),
    query: z.string().max(500).optional(),
    order_by: z.enum(['updated_at', 'created_at', 'title']).optional().catch(undefined),
    direction: z.enum(['asc', 'desc']).optional().catch(undefined),
  }),
  reply: items,
});

/**
 * Titles and message texts that have every word of `text`, with a snippet; 60 a page, newest first. `tag:NAME` (all of several; names with spaces in
 * quotes or by their ids; `tag:none` for chats without tags), `pinned:true|false` and `archived:true|false` say which chats; the archive is left out
 * otherwise. Without words all such chats are found. There are no folders and no shared chats yet: `folder:NAME` and `shared:true` find nothing,
 * `shared:false` everything.
 */
export const search = route({
  method: 'GET',
  path: '/api/v1/chats/search',
  access: 'user',
  query: z.object({ text: z.string().max(500).default(''), page: page.default(1) }),
  reply: items,
});

export const create = route({
  method: 'POST',
  path: '/api/v1/chats/new',
  access: 'user',
  body: z.object({ chat: ChatBlobSchema, folder_id: z.string().max(200).nullish() }),
  reply: ChatSchema,
});

/**
 * Any string is accepted: an id that is not a chat of the caller is 401, the same for "does not exist" and "not yours".
 */
const chatId = z.object({ id: z.string().min(1).max(200) });

/**
 * The chat with its newest messages: as many as fit into a reply of about 2 MB, which is all of nearly every chat. If there are older ones,
 * `chat.history.before` is set: pass it as `before` to get them. A message's `childrenIds` are complete only among the fetched messages.
 *
 * - `tail`: the last so many messages of the shown branch, and all that are newer than the first of these; with `before` the newest of the older.
 * - `since`: a `revision` of an earlier reply. Only what was added or changed since then is returned, and `chat.history.since` repeats it. Without
 *   that mark the reply replaces what the reader has. `from`: the oldest message that the reader has; changes of older ones are left out.
 * - `If-None-Match` with the `ETag` of a reply: 304 if nothing has changed. While an answer is being written it is never unchanged.
 */
export const get = route({
  method: 'GET',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  query: z.object({
    before: z.string().max(MAX_ID_CHARS).optional(),
    tail: z.coerce.number().int().min(1).max(2_000).optional(),
    since: RevisionSchema.optional(),
    from: z.string().max(MAX_ID_CHARS).optional(),
  }),
  reply: ChatSchema,
});

/** The beginnings of the chat's messages, on all branches: the newest 10,000. */
export const outline = route({
  method: 'GET',
  path: '/api/v1/chats/:id/outline',
  access: 'user',
  params: chatId,
  reply: ChatOutlineSchema,
});

/** Merges a partial blob; `title` renames. A message that is being written is left alone. */
export const update = route({
  method: 'POST',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  body: z.object({ chat: ChatBlobSchema }),
  reply: ChatSchema,
});

/** Stops the chat's answers and deletes it. */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/chats/:id',
  access: 'user',
  params: chatId,
  reply: z.boolean(),
});
