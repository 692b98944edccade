import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * Accepts an OpenAI chat completion as a durable run without a chat. `idempotencyKey` (from the client's header) is scoped to the user;
 * another `bodyHash` under the same key is `IDEMPOTENCY_MISMATCH`. `body.files` are documents as in `runs.accept`; one that is deleted or not
 * the user's is `NOT_FOUND`.
 */
export const accept = defineCall({
  pattern: 'chat.completions.accept',
  effect: 'keyed',
  sealed: true,
  request: z.object({
    modelId: z.string().min(1).max(512),
    /** The OpenAI body without `model` and `stream`; validated at the edge. */
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
     * `text`: the run's text is the answer's text. `chunks`: the run's text is newline-delimited JSON, each line the `choices` array of one
     * OpenAI chunk (for tools, response_format, n > 1, logprobs, or another feature beyond plain text).
     */
    encoding: z.enum(['text', 'chunks']),
    /** The answer uses documents: `runs.sources` has them before the first text. */
    documents: z.boolean().default(false),
  }),
});
