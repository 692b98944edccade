import { boundedJson, defineCall, MAX_ID_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ContentSchema, MessageIdSchema, RunSnapshotSchema } from './run';

/**
 * Accepts a turn of a chat: user message, placeholders and runs in one transaction, which claims the runs if this process has room; otherwise they are enqueued. Idempotent: the same
 * `messageId` returns its run until that run is over. An answer that has ended is never overwritten: `ALREADY_EXISTS` tells the caller to
 * send a new message id with the same parent. `continueAnswer` continues its text.
 * `NOT_FOUND` (chat or parent message of another user), `INVALID_ARGUMENT` (empty or too long), `RESOURCE_EXHAUSTED` (too many of the user's runs
 * at once), `UNAVAILABLE` (queue full), both with `retryAfter`.
 */
export const accept = defineCall({
  pattern: 'chat.runs.accept',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    /** Absent: creates a chat. */
    chatId: z.uuid().optional(),
    folderId: z.string().max(MAX_ID_CHARS).nullish(),
    /** The message before the user message; without a user message, the user message to answer again. */
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
     * ignored). Documents that are deleted or not the user's are left out; in the message's own list they are `NOT_FOUND`.
     */
    files: z.array(boundedJson()).max(100).default([]),
    /** System prompt for this turn. */
    system: z.string().max(200_000).optional(),
    /** OpenAI sampling parameters (temperature, max_tokens, …). */
    params: boundedJson().default({}),
    generateTitle: z.boolean().default(false),
    /** Whether what one might ask next is written after the answer (`chat:message:follow_ups`). */
    generateFollowUps: z.boolean().optional(),
    /**
     * Continues the one answer of `answers`, which has ended; `parentId` names it too, and there is no user message.
     */
    continueAnswer: z.boolean().optional(),
    /** The Socket.IO session that sent the turn. */
    sessionId: z.string().max(MAX_ID_CHARS).optional(),
  }),
  reply: z.object({
    chatId: z.uuid(),
    created: z.boolean(),
    runs: z.array(z.object({ runId: z.uuid(), messageId: z.string(), modelId: z.string() })),
  }),
});

/**
 * The sources of an answer, in the wire's shape (`retrieval.search`); empty until they are known. `NOT_FOUND` also when it belongs to another
 * user.
 */
export const sources = defineCall({
  pattern: 'chat.runs.sources',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: z.object({ sources: z.array(z.record(z.string(), z.unknown())) }),
});

/** A user reads only their own runs; a service (a gateway's subscriber) reads any. */
export const get = defineCall({
  pattern: 'chat.runs.get',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: RunSnapshotSchema,
});

/**
 * Marks runs as cancelled and notifies their owners: one run, or all of a chat. Returns how many were still running.
 */
export const cancel = defineCall({
  pattern: 'chat.runs.cancel',
  effect: 'keyed',
  request: z.union([z.object({ runId: z.uuid() }), z.object({ chatId: z.uuid() })]),
  reply: z.object({ cancelled: z.array(z.uuid()) }),
});

/** The runs of a chat that are not over; of one that waits for a worker, how many are claimed before it as things are. */
export const active = defineCall({
  pattern: 'chat.runs.active',
  effect: 'read',
  request: z.object({ chatId: z.uuid() }),
  reply: z.object({
    runs: z.array(z.object({ runId: z.uuid(), messageId: z.string(), before: z.number().int().optional() })),
  }),
});
