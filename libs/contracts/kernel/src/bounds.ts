import { z } from 'zod';

/** Longest text of a message or document in a request, in UTF-16 units. BODY_LIMIT_BYTES is usually less. */
export const MAX_TEXT_CHARS = 16_777_216;

/** Longest id that a client may choose or name. */
export const MAX_ID_CHARS = 200;

/**
 * Most entries of a list or map in a body. The edge counts them before it parses, because zod parses a map before its checks.
 */
export const MAX_ENTRIES = 10_000;

const Key = z.string().max(MAX_ID_CHARS);

/**
 * A map with at most `max` entries, for requests; `npm run check` and readers of the JSON Schema see `maxProperties`.
 */
export function boundedRecord<Value extends z.ZodType>(value: Value, max: number, key: z.ZodString = Key) {
  return z
    .record(key, value)
    .refine((entries) => Object.keys(entries).length <= max, `must hold at most ${max} entries`)
    .meta({ maxProperties: max });
}

/** A free-form JSON object with at most `max` keys, for requests. */
export const boundedJson = (max = 1_000) => boundedRecord(z.unknown(), max);
