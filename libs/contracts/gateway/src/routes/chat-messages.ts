import { MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { ChatSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/** Any id of a chat is accepted: one that is not a chat of the caller is 401, the same for "does not exist" and "not yours". */
const message = z.object({ id: z.string().min(1).max(200), message_id: z.string().min(1).max(MAX_ID_CHARS) });

/**
 * Writes another text into a message of the caller's, a question or an answer, in its place; its pictures stay. 409 while it is being written. To
 * keep both texts, save a new message with the same parent by `POST /api/v1/chats/{id}`, as our page does.
 */
export const edit = route({
  method: 'POST',
  path: '/api/v1/chats/:id/messages/:message_id',
  access: 'user',
  params: message,
  body: z.object({ content: z.string().max(MAX_TEXT_CHARS) }),
  reply: ChatSchema,
});

/**
 * Deletes one message; those after it follow on the one before it. With `branch=true`, which is ours, they are deleted, too. `current_message_id`
 * of the reply is the message that is shown last now. Files that it named stay in the files of their owner. 409 while an answer of the chat is being
 * written: stop it first. A message that is not there (any more) is no fault.
 */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/chats/:id/messages/:message_id',
  access: 'user',
  params: message,
  query: z.object({ branch: z.enum(['true', 'false']).default('false') }),
  reply: ChatSchema,
});
