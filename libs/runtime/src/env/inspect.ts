import type { z } from 'zod';
import type { VariableMeta } from './variables';

/** A variable as the schema describes it. */
export interface VariableDescription extends VariableMeta {
  name: string;
  required: boolean;
  /** The default as text. */
  defaultValue?: string;
}

/** What the schema says about its variables, in the order of the schema. */
export function describeVariables(schema: z.ZodObject): VariableDescription[] {
  return Object.entries(schema.shape).map(([name, type]) => {
    const field = type as z.ZodType;
    const unset = field.safeParse(undefined);
    return {
      ...metaOf(field),
      name,
      required: !unset.success,
      defaultValue: unset.success ? asText(unset.data) : undefined,
    };
  });
}

/** The meta data of a variable, also when `.default()` or `.optional()` was put around it afterwards. */
function metaOf(field: z.ZodType): VariableMeta {
  let current: z.ZodType | undefined = field;
  while (current !== undefined) {
    const meta = current.meta();
    if (meta?.description !== undefined) return meta as unknown as VariableMeta;
    current = (current.def as { innerType?: z.ZodType }).innerType;
  }
  return { description: '' };
}

function asText(value: unknown): string | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
