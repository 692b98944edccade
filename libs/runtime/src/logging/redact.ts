const SECRET_NAME =
  /^(?:.*[-_.])?(?:authorization|cookie|password|passwd|passphrase|token|secret|credentials?|api[-_]?key|secret[-_]?key|private[-_]?key)$/i;
const SECRET_CAMEL = /(?:Authorization|Cookie|Password|Token|Secret|ApiKey|SecretKey|PrivateKey)$/;
const MAX_DEPTH = 6;

export const REDACTED = '[redacted]';

/** Whether a field of this name may hold a secret: `authorization`, `set-cookie`, `newPassword`, `access_token`, `api_key`, … */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_CAMEL.test(name);
}

/** Removes passwords in URLs and bearer tokens from a text (drivers quote their URL in error messages). */
export function scrub(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${REDACTED}@`)
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`)
    .replace(/\bsk-[\w-]{8,}/g, REDACTED);
}

/**
 * A copy of log fields with the values of secret ones replaced. Instances other than plain objects are passed on unchanged.
 */
export function redact(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    out[name] = isSecretName(name) && value !== undefined && value !== null ? REDACTED : redactValue(value, depth + 1);
  }
  return out;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.includes('://') || value.includes('earer ') ? scrub(value) : value;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? redactObject(value, depth) : value;
}
