import { z } from 'zod';

const TokenDetailsSchema = z.record(z.string(), z.number());

/** Tokens of an answer. */
export const UsageSchema = z.object({
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  total_tokens: z.number().int(),
  /** `cached_tokens` and similar, as the provider counts them. */
  prompt_tokens_details: TokenDetailsSchema.optional(),
  /** `reasoning_tokens` and similar. */
  completion_tokens_details: TokenDetailsSchema.optional(),
});
