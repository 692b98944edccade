import { RECORD_FIELD, type CallRecord } from './wire';

/** A call id: the process that waits, a dot, the call's number. It goes into answers as it is, so nothing else may be in it. */
const CALL_ID = /^[\w.:@-]{1,200}\.[0-9a-z]{1,13}$/;
const MAX_NAME_LENGTH = 200;
const MAX_KEY_LENGTH = 2_000;
/** A day: no call waits longer. */
const MAX_BUDGET_MS = 86_400_000;

/** What a stream entry turned out to be. */
export type ReadRecord = { record: CallRecord } | { malformed: string };

/**
 * Reads the fields of a stream entry. Everything that the transport itself relies on is checked here, before anything else looks at it; the
 * principal and the request are checked by their schemas when the call runs.
 */
export function readRecord(fields: readonly string[]): ReadRecord {
  const json = fields[0] === RECORD_FIELD ? fields[1] : undefined;
  if (json === undefined) return { malformed: 'no record in the entry' };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { malformed: 'not JSON' };
  }
  return isCallRecord(value) ? { record: value } : { malformed: 'not a call' };
}

function isCallRecord(value: unknown): value is CallRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { i, p, b, u, k, t, m } = value as Record<string, unknown>;
  return (
    typeof i === 'string' &&
    CALL_ID.test(i) &&
    isText(p, MAX_NAME_LENGTH) &&
    typeof b === 'number' &&
    b > 0 &&
    b <= MAX_BUDGET_MS &&
    typeof u === 'object' &&
    u !== null &&
    (k === undefined || isText(k, MAX_KEY_LENGTH)) &&
    (m === undefined || (typeof m === 'number' && m >= 0)) &&
    (t === undefined || isCarrier(t))
  );
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function isCarrier(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value as object).every((header) => typeof header === 'string')
  );
}
