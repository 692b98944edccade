import { boundedJson, defineCall, MAX_ID_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ContentSchema, MessageIdSchema, RunSnapshotSchema } from './run';

/**
 * Accepts a turn of a chat: user message, placeholders and runs in one transaction; enqueued after the commit.
 * The same `messageId` while its run is not over answers with that run. An answer that has ended is never written again: another one is a
 * message of its own with the same parent, and `ALREADY_EXISTS` says so. `continueAnswer` goes on after its text.
 * `NOT_FOUND` (chat or parent message of somebody else), `INVALID_ARGUMENT` (empty or too long), `RATE_LIMITED` (too many of the user's
 * runs at once), `RESOURCE_EXHAUSTED` (queue full), both with `retryAfter`.
 */
export const accept = defineCall({
  pattern: 'chat.runs.accept',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    /** Absent: a new chat is made. */
    chatId: z.uuid().optional(),
    folderId: z.string().max(MAX_ID_CHARS).nullish(),
    /** The message that the user message answers (or, without a user message, the user message that is answered again). */
    parentId: MessageIdSchema.nullable(),
    /** Absent when an answer is generated again. */
    userMessage: z
      .object({
        id: MessageIdSchema,
        content: ContentSchema,
        /** Epoch seconds. */
        timestamp: z.number().optional(),
        models: z.array(z.string().max(512)).max(100).default([]),
        files: z.array(boundedJson()).max(100).default([]),
      })
      .optional(),
    answers: z
      .array(
        z.object({
          messageId: MessageIdSchema,
          modelId: z.string().min(1).max(512),
          modelIdx: z.number().int().default(0),
        }),
      )
      .min(1)
      .max(8),
    /**
     * Documents of the whole chat or of this request, beside those of the message (`{type: "file" | "collection", id}`; other entries are
     * passed over). Those that are gone or not the user's are left out of the answer; among those of the message they are `NOT_FOUND`.
     */
    files: z.array(boundedJson()).max(100).default([]),
    /** System prompt for this turn. */
    system: z.string().max(200_000).optional(),
    /** OpenAI sampling parameters (temperature, max_tokens, …). */
    params: boundedJson().default({}),
    generateTitle: z.boolean().default(false),
    /** Goes on with the one answer of `answers`, which has ended and is named by `parentId` as well; there is no user message. */
    continueAnswer: z.boolean().optional(),
    /** The Socket.IO session that asked. */
    sessionId: z.string().max(MAX_ID_CHARS).optional(),
  }),
  reply: z.object({
    chatId: z.uuid(),
    created: z.boolean(),
    runs: z.array(z.object({ runId: z.uuid(), messageId: z.string(), modelId: z.string() })),
  }),
});

/** What an answer leans on, in the wire's shape (`retrieval.search`); empty until it is known. `NOT_FOUND` also when it is somebody else's. */
export const sources = defineCall({
  pattern: 'chat.runs.sources',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: z.object({ sources: z.array(z.record(z.string(), z.unknown())) }),
});

/** For a user principal only their own runs; a service principal (a gateway's subscriber) reads any. */
export const get = defineCall({
  pattern: 'chat.runs.get',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: RunSnapshotSchema,
});

/** Marks runs as cancelled and tells their owners. By run, or all of a chat. Answers how many were still going. */
export const cancel = defineCall({
  pattern: 'chat.runs.cancel',
  effect: 'keyed',
  request: z.union([z.object({ runId: z.uuid() }), z.object({ chatId: z.uuid() })]),
  reply: z.object({ cancelled: z.array(z.uuid()) }),
});

/** The runs of a chat that are not over. */
export const active = defineCall({
  pattern: 'chat.runs.active',
  effect: 'read',
  request: z.object({ chatId: z.uuid() }),
  reply: z.object({ runs: z.array(z.object({ runId: z.uuid(), messageId: z.string() })) }),
});
