import { ChatSchema as WireChatSchema } from '@perennial/contracts-wire';
import { z } from 'zod';

/** One message in the wire's blob. The server stores each as a row, with unknown fields unchanged. */
export const WireMessageSchema = z.looseObject({
  id: z.string(),
  parentId: z.string().nullish(),
  childrenIds: z.array(z.string()).default([]),
  role: z.enum(['user', 'assistant', 'system']),
  content: z.unknown().optional(),
  timestamp: z.number().optional(),
});

export type WireMessage = z.infer<typeof WireMessageSchema>;

/** The wire's chat blob, assembled from rows. `timestamp` is epoch milliseconds, messages' are seconds. */
export const ChatBlobSchema = z.looseObject({
  title: z.string().optional(),
  models: z.array(z.string()).optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  history: z
    .looseObject({
      currentId: z.string().nullish(),
      messages: z.record(z.string(), WireMessageSchema).default({}),
      before: z.string().optional(),
      since: z.string().optional(),
    })
    .optional(),
  timestamp: z.number().optional(),
});

/** `ChatResponse` of the wire. Times are epoch seconds. */
export const ChatSchema = z.object({
  ...WireChatSchema.shape,
  chat: ChatBlobSchema,
  last_read_at: z.number().int().nullable(),
});

export type Chat = z.infer<typeof ChatSchema>;

/**
 * `ChatTitleIdResponse` of the wire. `active`: an answer is being written. `unread`: something came since its owner read it, the text so far of
 * an active one included; false for a chat that was never opened. What has a default is not sent by the previous version.
 */
export const ChatListItemSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  updated_at: z.number().int(),
  created_at: z.number().int(),
  last_read_at: z.number().int().nullable(),
  active: z.boolean(),
  pinned: z.boolean().default(false),
  archived: z.boolean().default(false),
  unread: z.boolean().default(false),
  /** Ids of its tags. */
  tags: z.array(z.string()).default([]),
  /** Of a search: the part of the message that was found, where the words are in it (UTF-16 units), and the message. */
  snippet: z.string().optional(),
  snippet_ranges: z.array(z.object({ from: z.number().int(), to: z.number().int() })).optional(),
  message_id: z.string().optional(),
});

export type ChatListItem = z.infer<typeof ChatListItemSchema>;
