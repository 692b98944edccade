import { MAX_ID_CHARS } from '@perennial/contracts-kernel';
import { ChatSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/** Any string is accepted: an id that is not a chat of the caller is 401, the same for "does not exist" and "not yours". */
const chatId = z.object({ id: z.string().min(1).max(200) });

/**
 * A new chat with the messages up to the named one, or to the one that is shown last, without other branches. It names its source in
 * `chat.originalChatId` and `chat.branchPointMessageId`. 409 while an answer is being written.
 */
export const fork = route({
  method: 'POST',
  path: '/api/v1/chats/:id/fork',
  access: 'user',
  params: chatId,
  body: z.object({ message_id: z.string().min(1).max(MAX_ID_CHARS).nullish() }).nullish(),
  reply: ChatSchema,
});

/** A new chat with all messages and branches, named as in `fork`. Without a title it is called "Clone of …". */
export const clone = route({
  method: 'POST',
  path: '/api/v1/chats/:id/clone',
  access: 'user',
  params: chatId,
  body: z.object({ title: z.string().max(1_000).nullish() }).nullish(),
  reply: ChatSchema,
});
