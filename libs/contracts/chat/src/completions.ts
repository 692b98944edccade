import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * Accepts an OpenAI chat completion as a durable run without a chat. `idempotencyKey` (from the client's header) is scoped to the user;
 * `bodyHash` differing under the same key is `IDEMPOTENCY_MISMATCH`. `body.files` are documents as in `runs.accept`; one that is gone or
 * not the user's is `NOT_FOUND`.
 */
export const accept = defineCall({
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
    /** The answer leans on documents: before its first text, `runs.sources` knows which. */
    documents: z.boolean().default(false),
  }),
});
