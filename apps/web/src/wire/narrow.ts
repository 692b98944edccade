/**
 * Readers for fields of messages that any client may have written: what has another shape is not there. Schemas would be a fifth of the page's
 * script.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** The objects of a list; nothing else of it. */
export function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textIn(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function wholeIn(fields: Fields | undefined, name: string): number | undefined {
  const value = fields?.[name];
  return Number.isInteger(value) ? (value as number) : undefined;
}

export function listIn(fields: Fields | undefined, name: string): readonly unknown[] {
  const value = fields?.[name];
  return Array.isArray(value) ? value : [];
}

export function textsIn(fields: Fields | undefined, name: string): string[] {
  return listIn(fields, name).filter((text) => typeof text === 'string');
}
