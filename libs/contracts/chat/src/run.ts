import { MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import { UsageSchema } from '@perennial/contracts-wire';
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
 * A run as a reader needs it: what the transport's `RunLookup` returns, from Postgres. `NOT_FOUND` also when it belongs to another user.
 */
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
