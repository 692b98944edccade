import { ChatSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/** Any string is accepted: an id that is not a chat of the caller is 401, the same for "does not exist" and "not yours". */
const chatId = z.object({ id: z.string().min(1).max(200) });

/**
 * Pins a chat, or takes the pin away. The wire has no body: then the pin is turned over. A client that may have to repeat a request whose reply was
 * lost says what it wants, `{pinned: true}`, which is ours.
 */
export const pin = route({
  method: 'POST',
  path: '/api/v1/chats/:id/pin',
  access: 'user',
  params: chatId,
  body: z.object({ pinned: z.boolean().optional() }).nullish(),
  reply: ChatSchema,
});

/** Whether a chat is pinned. */
export const isPinned = route({
  method: 'GET',
  path: '/api/v1/chats/:id/pinned',
  access: 'user',
  params: chatId,
  reply: z.boolean(),
});

/** Puts a chat into the archive, or takes it out; the body is as in `pin`. Answers that are being written go on. */
export const archive = route({
  method: 'POST',
  path: '/api/v1/chats/:id/archive',
  access: 'user',
  params: chatId,
  body: z.object({ archived: z.boolean().optional() }).nullish(),
  reply: ChatSchema,
});

/** Puts all chats into the archive, pinned ones too. */
export const archiveAll = route({
  method: 'POST',
  path: '/api/v1/chats/archive/all',
  access: 'user',
  reply: z.boolean(),
});

/** Takes all chats out of the archive. */
export const unarchiveAll = route({
  method: 'POST',
  path: '/api/v1/chats/unarchive/all',
  access: 'user',
  reply: z.boolean(),
});

/** How many chats are in the archive. */
export const countArchived = route({
  method: 'GET',
  path: '/api/v1/chats/archived/count',
  access: 'user',
  reply: z.number().int(),
});

/** Marks a chat as unread. There are no folders yet, so none has unread chats. */
export const unread = route({
  method: 'POST',
  path: '/api/v1/chats/:id/unread',
  access: 'user',
  params: chatId,
  reply: z.object({
    chat_id: z.uuid(),
    /** Before the last change of the chat; epoch seconds. */
    last_read_at: z.number().int(),
    folder_id: z.string().nullable(),
    folder_unread_counts: z.record(z.string(), z.number().int()),
  }),
});

/** Marks all chats as read. */
export const readAll = route({
  method: 'POST',
  path: '/api/v1/chats/read',
  access: 'user',
  reply: z.boolean(),
});
