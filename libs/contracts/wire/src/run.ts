import { z } from 'zod';
import { UsageSchema } from './usage';

/** Text that continues at `offset` (UTF-16 units) of `generation`. */
export const RunDeltaSchema = z.object({ generation: z.number().int(), offset: z.number().int(), text: z.string() });

export type RunDelta = z.infer<typeof RunDeltaSchema>;

/** Discards the shown text: the whole text is now `text`. */
export const RunResetSchema = z.object({ generation: z.number().int(), text: z.string() });

export type RunReset = z.infer<typeof RunResetSchema>;

/** The end; sent once. `length` is that of the final text (UTF-16 units). */
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
