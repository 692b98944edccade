import { PROBLEM_CODES } from '@perennial/contracts-kernel';
import { z } from 'zod';

/**
 * Body of every reply that is not 2xx: one sentence that says what is wrong and what to do, and a stable code for programs.
 * - 422 lists each bad field in `errors` (`field` is a dotted path, empty for the body itself).
 * - 500 carries `error_id`, under which the cause was logged, and nothing else about it.
 * - The OpenAI-compatible routes add `error` in OpenAI's shape, which its SDKs show.
 * - 429 and 503 carry a `Retry-After` header (seconds), which is `retry_after` too.
 * - 401 with a `WWW-Authenticate` header means that the session is over; chats answer 401 without it for "not found or not yours".
 */
export const ErrorReplySchema = z.object({
  detail: z.string(),
  /** Absent in replies of the previous release. */
  code: z.enum(PROBLEM_CODES).optional(),
  retry_after: z.number().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  error_id: z.string().optional(),
  error: z
    .object({ message: z.string(), type: z.string(), code: z.string().nullable(), param: z.string().nullable() })
    .optional(),
});
export type ErrorReply = z.infer<typeof ErrorReplySchema>;
