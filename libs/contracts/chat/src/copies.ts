import { defineCall, MAX_ID_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ChatSchema } from './chat';

/**
 * A new chat with the messages from the first one to the named one, or to the one that is shown last. It has the tags of the other chat, and is
 * neither pinned nor in the archive. `NOT_FOUND` also when the chat belongs to another user; `INVALID_ARGUMENT` when it has no such message, or
 * none at all; `FAILED_PRECONDITION` while an answer of it is being written; `PAYLOAD_TOO_LARGE` beyond the storage of the user.
 */
export const fork = defineCall({
  pattern: 'chat.copies.fork',
  effect: 'keyed',
  request: z.object({ chatId: z.uuid(), messageId: z.string().min(1).max(MAX_ID_CHARS).optional() }),
  reply: ChatSchema,
  deadlineMs: 15_000,
});

/** The same with every branch. */
export const clone = defineCall({
  pattern: 'chat.copies.clone',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chatId: z.uuid(), title: z.string().max(1_000).optional() }),
  reply: ChatSchema,
  deadlineMs: 15_000,
});
