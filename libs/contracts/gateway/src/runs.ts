import { z } from 'zod';
import { UsageSchema } from './completions';
import { route } from './route';

/**
 * Our own resumable stream of one answer (server-sent events). Every event's `id:` is the cursor after it; a reader that comes back
 * sends it as `Last-Event-ID` (or `?cursor=`) to any gateway and gets exactly what it has not seen. A comment line every 15 s keeps
 * proxies quiet. The stream ends after `end`; a stream that ends without it was cut (a deploy, a slow reader): come back with the cursor.
 */
export const RUN_EVENTS = route({
  method: 'GET',
  path: '/api/v1/runs/:id/events',
  access: 'user',
  params: z.object({ id: z.string().min(1).max(200) }),
  query: z.object({ cursor: z.string().max(60).optional() }),
  reply: z.string(),
});

/** Text that continues at `offset` (UTF-16 units) of `generation`. */
export const RunDeltaSchema = z.object({ generation: z.number().int(), offset: z.number().int(), text: z.string() });
export type RunDelta = z.infer<typeof RunDeltaSchema>;

/** Forget what is shown: the whole text is now `text`. */
export const RunResetSchema = z.object({ generation: z.number().int(), text: z.string() });
export type RunReset = z.infer<typeof RunResetSchema>;

/** The end; comes once. `length` is that of the final text (UTF-16 units). */
export const RunEndSchema = z.object({
  state: z.enum(['completed', 'failed', 'cancelled']),
  generation: z.number().int(),
  length: z.number().int(),
  finish_reason: z.string().nullable(),
  usage: UsageSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type RunEnd = z.infer<typeof RunEndSchema>;

/** The events of the stream by their `event:` name. */
export const RunEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('delta'), data: RunDeltaSchema }),
  z.object({ event: z.literal('reset'), data: RunResetSchema }),
  z.object({ event: z.literal('end'), data: RunEndSchema }),
]);
export type RunEvent = z.infer<typeof RunEventSchema>;
