/** Characters that JSON allows and Postgres does not: NUL, and lone surrogates. */
const UNSTORABLE = /\\u0000|\\ud[89ab][0-9a-f]{2}|\\ud[c-f][0-9a-f]{2}/;

/** JSON for a jsonb column; characters that Postgres cannot store are removed (NUL) or replaced (lone surrogates). */
export function jsonb(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify only escapes lone surrogates, so usual text needs one scan.
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'string' ? storableText(item) : item));
}

/** The same for a text column. */
export function storableText(text: string): string {
  return Buffer.from(text.replaceAll('\u0000', ''), 'utf8').toString('utf8');
}
