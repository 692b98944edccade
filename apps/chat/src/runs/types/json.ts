/** What JSON allows in a string and Postgres does not: NUL, and halves of a surrogate pair. */
const UNSTORABLE = /\\u0000|\\ud[89ab][0-9a-f]{2}|\\ud[c-f][0-9a-f]{2}/;

/** JSON for a jsonb column; what Postgres cannot store is left out (NUL) or replaced (half a surrogate pair). */
export function jsonb(value: unknown): string {
  const json = JSON.stringify(value);
  // Only half pairs are escaped by JSON.stringify, so the usual text pays for one scan.
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'string' ? storableText(item) : item));
}

/** The same for a text column. */
export function storableText(text: string): string {
  return Buffer.from(text.replaceAll('\u0000', ''), 'utf8').toString('utf8');
}
