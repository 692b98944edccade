import { ChatListItemSchema, MAX_TAG_CHARS, TagSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { route } from '../route';

/** Any string is accepted: an id that is not a chat of the caller is 401, the same for "does not exist" and "not yours". */
const chatId = z.object({ id: z.string().min(1).max(200) });

const tags = z.array(TagSchema);

/** The name of a tag that exists: an imported one may be longer than a new one. */
const name = z.string().trim().min(1, 'must not be empty').max(1_000);

/** The tags of a chat, in the order in which they came. */
export const ofChat = route({
  method: 'GET',
  path: '/api/v1/chats/:id/tags',
  access: 'user',
  params: chatId,
  reply: tags,
});

/**
 * Gives a chat a tag, and returns all of its tags. The id of a tag is its name in small letters with `_` for spaces; the first name by which a
 * user writes it stays. 400 for the name `none`; 409 when the chat has 100 tags, or the user 1,000 different ones.
 */
export const add = route({
  method: 'POST',
  path: '/api/v1/chats/:id/tags',
  access: 'user',
  params: chatId,
  body: z.object({ name: name.max(MAX_TAG_CHARS) }),
  reply: tags,
});

/** Takes a tag from a chat, and returns those that it still has. */
export const remove = route({
  method: 'DELETE',
  path: '/api/v1/chats/:id/tags',
  access: 'user',
  params: chatId,
  body: z.object({ name }),
  reply: tags,
});

/** The tags of all chats that are not in the archive, by their ids. */
export const all = route({ method: 'GET', path: '/api/v1/chats/all/tags', access: 'user', reply: tags });

/** The chats with a tag that are not in the archive, newest first. */
export const chats = route({
  method: 'POST',
  path: '/api/v1/chats/tags',
  access: 'user',
  body: z.object({
    name,
    skip: z.number().int().min(0).max(100_000).default(0),
    limit: z.number().int().min(1).max(1_000).default(50),
  }),
  reply: z.array(ChatListItemSchema),
});
