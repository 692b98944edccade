import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ChatSchema } from './chat';

const chatId = z.uuid();

/**
 * Pins a chat, or takes the pin away; turns it over when `pinned` is missing. `NOT_FOUND` also when the chat belongs to another user, as in every
 * call here. A mark is no change of the chat: it stays where it is in the list, and read.
 */
export const pin = defineCall({
  pattern: 'chat.marks.pin',
  effect: 'keyed',
  request: z.object({ chatId, pinned: z.boolean().optional() }),
  reply: ChatSchema,
});

/** Puts a chat into the archive, or takes it out; turns it over when `archived` is missing. Answers that are being written go on. */
export const archive = defineCall({
  pattern: 'chat.marks.archive',
  effect: 'keyed',
  request: z.object({ chatId, archived: z.boolean().optional() }),
  reply: ChatSchema,
});

/** Puts all chats of the caller into the archive, or takes all out. Returns how many were elsewhere. */
export const archiveAll = defineCall({
  pattern: 'chat.marks.archiveAll',
  effect: 'keyed',
  request: z.object({ archived: z.boolean() }),
  reply: z.object({ changed: z.number().int() }),
  deadlineMs: 15_000,
});

/** Of one chat of the caller. */
export const get = defineCall({
  pattern: 'chat.marks.get',
  effect: 'read',
  request: z.object({ chatId }),
  reply: z.object({ pinned: z.boolean(), archived: z.boolean() }),
});

/** How many chats of the caller are in the archive. */
export const countArchived = defineCall({
  pattern: 'chat.marks.countArchived',
  effect: 'read',
  request: z.object({}),
  reply: z.object({ count: z.number().int() }),
});

/** Sets the read marker before the last change of the chat. */
export const unread = defineCall({
  pattern: 'chat.marks.unread',
  effect: 'keyed',
  request: z.object({ chatId }),
  reply: z.object({ chatId, lastReadAt: z.number().int(), folderId: z.string().nullable() }),
});

/** Marks all chats of the caller as read. Returns how many were not. */
export const readAll = defineCall({
  pattern: 'chat.marks.readAll',
  effect: 'keyed',
  request: z.object({}),
  reply: z.object({ changed: z.number().int() }),
  deadlineMs: 15_000,
});
