import { defineCall } from '@perennial/contracts-kernel';
import { TagSchema } from '@perennial/contracts-wire';
import { z } from 'zod';
import { ChatListItemSchema } from './chat';

const chatId = z.uuid();

/** A tag is named by its own name: `Machine Learning` and `machine_learning` are the same one. Imported names may be longer than new ones. */
const name = z.string().max(1_000);

const tags = z.object({ tags: z.array(TagSchema) });

/** The tags of a chat, in the order in which they came. `NOT_FOUND` also when the chat belongs to another user, as in every call here. */
export const ofChat = defineCall({
  pattern: 'chat.tags.ofChat',
  effect: 'read',
  request: z.object({ chatId }),
  reply: tags,
});

/** The tags of the caller's chats that are not in the archive, by their ids. */
export const all = defineCall({
  pattern: 'chat.tags.all',
  effect: 'read',
  request: z.object({}),
  reply: tags,
});

/**
 * Gives a chat a tag; nothing happens when it has it. The first name by which a user writes a tag stays. Returns the tags of the chat.
 * `INVALID_ARGUMENT` for the name `none`, which searches use for chats without tags; `FAILED_PRECONDITION` when the chat, or the user, has as many
 * as are allowed.
 */
export const add = defineCall({
  pattern: 'chat.tags.add',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chatId, name }),
  reply: tags,
});

/** Takes a tag from a chat; its name is forgotten with its last chat. Returns the tags of the chat. */
export const remove = defineCall({
  pattern: 'chat.tags.remove',
  effect: 'keyed',
  sealed: true,
  request: z.object({ chatId, name }),
  reply: tags,
});

/** The caller's chats with a tag that are not in the archive, newest first. */
export const chats = defineCall({
  pattern: 'chat.tags.chats',
  effect: 'read',
  sealed: true,
  request: z.object({
    name,
    skip: z.number().int().min(0).max(100_000).default(0),
    limit: z.number().int().min(1).max(1_000).default(50),
  }),
  reply: z.object({ items: z.array(ChatListItemSchema) }),
});
