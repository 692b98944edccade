import { defineCall, MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ChatSchema } from './chat';

const messageId = z.string().min(1).max(MAX_ID_CHARS);

/**
 * Writes another text into a message, as clients of the wire expect; pictures of the message stay. Our page writes a version beside it instead.
 * `NOT_FOUND` also when the chat belongs to another user; `INVALID_ARGUMENT` when the chat has no such message; `FAILED_PRECONDITION` while it is
 * being written; `PAYLOAD_TOO_LARGE` as in `chats.update`. Idempotent by its text.
 */
export const edit = defineCall({
  pattern: 'chat.messages.edit',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chatId: z.uuid(), messageId, content: z.string().max(MAX_TEXT_CHARS) }),
  reply: ChatSchema,
});

/**
 * Deletes a message with all copies of its text: the messages after it follow on the one before it. With `branch` they are deleted, too. When the
 * shown branch ends with it, the newest message that continues the same branch is shown instead. Nothing happens when the chat has no such message.
 * `FAILED_PRECONDITION` while an answer of the chat is being written, `NOT_FOUND` as in `edit`.
 */
export const remove = defineCall({
  pattern: 'chat.messages.remove',
  effect: 'keyed',
  request: z.object({ chatId: z.uuid(), messageId, branch: z.boolean().default(false) }),
  reply: ChatSchema,
});
