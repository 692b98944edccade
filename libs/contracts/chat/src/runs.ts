import { boundedJson, defineCall, MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { z } from 'zod';

/** Ids that a client may choose for messages: a UUID today, any short token for older clients. Unique within a chat. */
export const MessageIdSchema = z.string().min(1).max(128);

/** Text, or OpenAI content parts (text, image_url). */
export const ContentSchema = z.union([
  z.string().max(MAX_TEXT_CHARS),
  z.array(z.looseObject({ type: z.string().max(100) })).max(1_000),
]);

export const RunStateSchema = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);
export type RunState = z.infer<typeof RunStateSchema>;

const TokenDetailsSchema = z.record(z.string(), z.number());

export const UsageSchema = z.object({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  total_tokens: z.number().int(),
  prompt_tokens_details: TokenDetailsSchema.optional(),
  completion_tokens_details: TokenDetailsSchema.optional(),
});

/** Why a run failed; the same shape as the transport's `RunFailure`, which says what the fields mean. */
export const RunFailureSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean().optional(),
  retryAfter: z.number().min(0).optional(),
});

/** How a run ended; the same shape as the transport's `RunTerminal`. */
export const TerminalSchema = z.object({
  state: z.enum(['completed', 'failed', 'cancelled']),
  generation: z.number().int(),
  length: z.number().int(),
  finishReason: z.string().optional(),
  usage: UsageSchema.optional(),
  systemFingerprint: z.string().optional(),
  error: RunFailureSchema.optional(),
  title: z.string().optional(),
});

/**
 * Accepts a turn of a chat: user message, placeholders and runs in one transaction; enqueued after the commit.
 * The same `messageId` while its run is not over answers with that run. An answer that has ended is never written again: another one is a
 * message of its own with the same parent, and `ALREADY_EXISTS` says so. `continueAnswer` goes on after its text.
 * `NOT_FOUND` (chat or parent message of somebody else), `INVALID_ARGUMENT` (empty or too long), `RATE_LIMITED` (too many of the user's
 * runs at once), `RESOURCE_EXHAUSTED` (queue full), both with `retryAfter`.
 */
export const ACCEPT_TURN = defineCall({
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

/**
 * Accepts an OpenAI chat completion as a durable run without a chat. `idempotencyKey` (from the client's header) is scoped to the user;
 * `bodyHash` differing under the same key is `IDEMPOTENCY_MISMATCH`. `body.files` are documents as in `ACCEPT_TURN`; one that is gone or
 * not the user's is `NOT_FOUND`.
 */
export const ACCEPT_COMPLETION = defineCall({
  pattern: 'chat.completions.accept',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    modelId: z.string().min(1).max(512),
    /** The OpenAI body less `model` and `stream`; validated at the edge. */
    body: z.looseObject({
      messages: z
        .array(z.looseObject({ role: z.string().max(100) }))
        .min(1)
        .max(5_000),
    }),
    idempotencyKey: z.string().max(255).optional(),
    bodyHash: z.string().max(128),
  }),
  reply: z.object({
    runId: z.uuid(),
    created: z.boolean(),
    /**
     * `text`: the run's text is the answer's text. `chunks`: the run's text is newline-delimited JSON, each line the `choices` array of one OpenAI
     * chunk (asked for by tools, response_format, n > 1, logprobs, or another feature that is more than plain text).
     */
    encoding: z.enum(['text', 'chunks']),
    /** The answer leans on documents: before its first text, `RUN_SOURCES` knows which. */
    documents: z.boolean().default(false),
  }),
});

/** What an answer leans on, in the wire's shape (`retrieval.search`); empty until it is known. `NOT_FOUND` also when it is somebody else's. */
export const RUN_SOURCES = defineCall({
  pattern: 'chat.runs.sources',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: z.object({ sources: z.array(z.record(z.string(), z.unknown())) }),
});

/** A run as a reader needs it: what the transport's `RunLookup` returns, from Postgres. `NOT_FOUND` also when it is somebody else's. */
export const RunSnapshotSchema = z.object({
  identity: z.object({
    runId: z.uuid(),
    userId: z.uuid(),
    model: z.string(),
    chatId: z.uuid().optional(),
    messageId: z.string().optional(),
  }),
  state: RunStateSchema,
  encoding: z.enum(['text', 'chunks']),
  position: z.object({ epoch: z.number().int(), generation: z.number().int(), offset: z.number().int() }),
  text: z.string(),
  terminal: TerminalSchema.optional(),
});
export type RunSnapshot = z.infer<typeof RunSnapshotSchema>;

/** For a user principal only their own runs; a service principal (a gateway's hub) reads any. */
export const GET_RUN = defineCall({
  pattern: 'chat.runs.get',
  effect: 'read',
  request: z.object({ runId: z.uuid() }),
  reply: RunSnapshotSchema,
});

/** Marks runs as cancelled and tells their owners. By run, or all of a chat. Answers how many were still going. */
export const CANCEL_RUNS = defineCall({
  pattern: 'chat.runs.cancel',
  effect: 'keyed',
  request: z.union([z.object({ runId: z.uuid() }), z.object({ chatId: z.uuid() })]),
  reply: z.object({ cancelled: z.array(z.uuid()) }),
});

/** The runs of a chat that are not over. */
export const ACTIVE_RUNS = defineCall({
  pattern: 'chat.runs.active',
  effect: 'read',
  request: z.object({ chatId: z.uuid() }),
  reply: z.object({ runs: z.array(z.object({ runId: z.uuid(), messageId: z.string() })) }),
});
