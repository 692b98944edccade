import { z } from 'zod';

/** A variable with things by name, as a JSON object: refused with its reasons, not with an exception. */
export function namedJson<V extends z.ZodType>(name: z.ZodType<string, string>, value: V) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(z.record(name, value))
    .transform((record): ReadonlyMap<string, z.output<V>> => new Map(Object.entries(record)));
}
