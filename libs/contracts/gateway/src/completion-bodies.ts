import { boundedJson, boundedRecord, MAX_ID_CHARS, MAX_TEXT_CHARS } from '@perennial/contracts-kernel';
import {
  AttachmentSchema,
  MAX_PARTS,
  MessageIdSchema as messageId,
  ModelIndexSchema,
  TimestampSchema,
} from '@perennial/contracts-wire';
import { z } from 'zod';

const content = z.union(
  [z.string().max(MAX_TEXT_CHARS), z.array(z.looseObject({ type: z.string().max(100) })).max(MAX_PARTS)],
  { error: 'must be text or a list of content parts' },
);

const attachments = z
  .array(
    AttachmentSchema.extend({
      type: z.string().max(100).nullish(),
      id: z.string().max(MAX_ID_CHARS).nullish(),
      name: z.string().max(1_000).nullish(),
      context: z.string().max(100).nullish(),
    }),
  )
  .max(100, 'must hold at most 100 files');

/** A turn's user message as the page sends it: the browser chooses the ids. */
export const UserMessageSchema = z.looseObject({
  id: messageId,
  parentId: z.string().max(MAX_ID_CHARS).nullish(),
  role: z.literal('user').default('user'),
  content,
  timestamp: TimestampSchema.optional(),
  models: z.array(z.string().max(512)).max(100).default([]),
  files: attachments.nullish(),
});

/** An OpenAI chat message; the provider validates its content. */
export const OpenAiMessageSchema = z.looseObject({ role: z.string().min(1).max(100) });

/**
 * Task mode of the completions route: `session_id`, and either `chat_id` or the key `parent_id`. Without `chat_id` a new chat is created. The
 * answer is written whether or not a client reads it; it arrives as socket events and at `GET /api/v1/runs/{task id}/events`. The same
 * message ids mean the same turn until it is over; afterwards they are 409, because an answer is never overwritten. To answer again, send a
 * new id with the same parent; to continue an answer that has ended, name it in `assistant_message_id`. With a header `Idempotency-Key` the
 * same body gives the same turn for a day, another body is 422.
 */
export const TurnBodySchema = z.looseObject({
  model: z.string().min(1, 'must name a model').max(512),
  session_id: z.string().min(1).max(200),
  chat_id: z.string().max(200).nullish(),
  folder_id: z.string().max(200).nullish(),
  parent_id: messageId.nullish(),
  /** An ended answer of the chat: it is continued instead of writing a new one. */
  assistant_message_id: messageId.nullish(),
  /** Id of the answer's message, when there is one answer. */
  id: messageId.optional(),
  /** One per model that answers; the older form is a map of model id to message id. */
  message_ids: z
    .union([
      z
        .array(
          z.object({
            model_id: z.string().min(1).max(512),
            message_id: messageId,
            modelIdx: ModelIndexSchema.optional(),
          }),
        )
        .max(8),
      boundedRecord(messageId, 8, z.string().max(512)),
    ])
    .optional(),
  user_message: UserMessageSchema.nullish(),
  messages: z.array(OpenAiMessageSchema).max(5_000).nullish(),
  /** Documents of the whole chat or of this request, beside those of the message. */
  files: attachments.nullish(),
  params: boundedJson().nullish(),
  background_tasks: z
    .looseObject({ title_generation: z.boolean().optional(), follow_up_generation: z.boolean().optional() })
    .nullish(),
});

export type TurnBody = z.input<typeof TurnBodySchema>;

export const TurnReplySchema = z.object({
  status: z.literal(true),
  /** One per answer, in the order of `message_ids`. */
  task_ids: z.array(z.string()),
  chat_id: z.string(),
});

export type TurnReply = z.infer<typeof TurnReplySchema>;

/**
 * OpenAI's sampling parameters: only their types are checked, the provider knows its own ranges. Others pass unchecked.
 */
export const SamplingSchema = z.looseObject({
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  // Ollama and llama.cpp take -1 as no limit.
  max_tokens: z.number().int().nullish(),
  max_completion_tokens: z.number().int().nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string().max(1_000), z.array(z.string().max(1_000)).max(64)]).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(100).nullish(),
});

/**
 * OpenAI mode of the same route, with OpenAI's request and replies (JSON, or SSE with `stream: true`). A header `Idempotency-Key` names the
 * answer: the same key and body give the same answer, another body under the same key is 422. An invalid body is 400, as with OpenAI.
 */
export const CompletionBodySchema = SamplingSchema.extend({
  model: z.string().min(1, 'must name a model').max(512),
  messages: z.array(OpenAiMessageSchema).min(1, 'must hold at least one message').max(5_000),
  /** Documents to answer from. The answer then has `sources`: in the JSON, or as the first event of the stream. */
  files: attachments.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

export type CompletionBody = z.input<typeof CompletionBodySchema>;
