import { createHash } from 'node:crypto';
import type { completions } from '@perennial/contracts-chat';
import type { CompletionBodySchema } from '@perennial/contracts-gateway';
import type { CallRequest } from '@perennial/contracts-kernel';
import type { z } from 'zod';
import { documentsOf } from '../pictures/data-urls';

/** Fields that only change how the answer is delivered, not the answer. */
const DELIVERY = new Set(['model', 'stream', 'stream_options', 'session_id', 'chat_id', 'id']);

type Completion = z.output<typeof CompletionBodySchema>;

/**
 * The chat service's request for a plain completion.
 *
 * @param messages those of the body with addresses instead of pictures; the hash is of the original body
 */
export function completionOf(
  body: Completion,
  messages: Completion['messages'],
  idempotencyKey: string | undefined,
): CallRequest<typeof completions.accept> {
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !DELIVERY.has(name)));
  const bodyHash = createHash('sha256')
    .update(JSON.stringify([body.model, rest]))
    .digest('hex');
  return {
    modelId: body.model,
    body: {
      ...rest,
      ...(Array.isArray(rest.files) ? { files: documentsOf(rest.files) } : {}),
      messages,
    },
    bodyHash,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
