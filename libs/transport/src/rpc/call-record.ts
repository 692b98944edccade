import type { WireSecrets } from '../redis';
import { type CallRecord, RECORD_FIELD, requestContext, SEALED_RECORD_FIELD, SIGNATURE_FIELD } from './wire';

/**
 * A call id: the waiting process (its name may be set by `INSTANCE_ID`), a dot, the call's number. The number is copied into replies
 * unescaped, so it is checked strictly.
 */
const CALL_ID = /^.{1,200}\.[0-9a-z]{1,13}$/s;
const MAX_NAME_LENGTH = 200;
const MAX_KEY_LENGTH = 2_000;
/** A day: no caller waits longer. */
const MAX_BUDGET_MS = 86_400_000;
/** How far the clocks of callers and Redis may be apart. */
const CLOCK_TOLERANCE_MS = 600_000;

/** A parsed stream entry. `isSigned`: its caller verifies signatures and decrypts. */
export type ReadRecord = { record: CallRecord; isSigned: boolean } | { malformed: string };

export interface RecordReaderOptions {
  /** The service whose stream it is. */
  service: string;
  /** Without them signatures are not checked, as in older versions. */
  secrets: WireSecrets | undefined;
  /** Refuses unsigned records. */
  requireSigned: boolean;
  /** Redis's clock in milliseconds, or undefined while it is not known. */
  redisNow: () => number | undefined;
}

/**
 * Parses stream entries. It checks all fields that the transport itself uses; the schemas of the call check the principal and the request
 * when the call runs.
 */
export class RecordReader {
  private readonly context: string;

  constructor(private readonly options: RecordReaderOptions) {
    this.context = requestContext(options.service);
  }

  read(fields: readonly string[]): ReadRecord {
    const [field, json, signatureField, signature] = fields;
    const isSealed = field === SEALED_RECORD_FIELD;
    if ((field !== RECORD_FIELD && !isSealed) || json === undefined) return { malformed: 'no record in the entry' };
    const given = signatureField === SIGNATURE_FIELD ? signature : undefined;
    const refusal = this.refusalOf(json, given);
    if (refusal !== undefined) return { malformed: refusal };
    const record = parse(json);
    if (!isCallRecord(record)) return { malformed: record === undefined ? 'not JSON' : 'not a call' };
    const isSigned = given !== undefined && this.options.secrets !== undefined;
    if (isSigned && this.isStale(record)) return { malformed: 'signed long ago' };
    return isSealed ? this.opened(record) : { record, isSigned };
  }

  private refusalOf(json: string, signature: string | undefined): string | undefined {
    const { secrets, requireSigned } = this.options;
    if (!secrets) return undefined;
    if (signature === undefined) return requireSigned ? 'not signed' : undefined;
    const verdict = secrets.verify(this.context, json, signature);
    return verdict === 'good' ? undefined : `signature ${verdict}`;
  }

  /** A signed record is valid for a few minutes only, against replays. */
  private isStale({ a, b }: CallRecord): boolean {
    const now = this.options.redisNow();
    return now !== undefined && (a === undefined || Math.abs(now - a) > b + CLOCK_TOLERANCE_MS);
  }

  private opened(record: CallRecord): ReadRecord {
    const { z, ...rest } = record;
    const text = z === undefined ? undefined : this.options.secrets?.open(this.context, z);
    const data = text === undefined ? undefined : parse(text);
    return data === undefined ? { malformed: 'cannot be opened' } : { record: { ...rest, d: data }, isSigned: true };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function isCallRecord(value: unknown): value is CallRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { i, p, b, u, k, t, m, n, a, z } = value as Record<string, unknown>;
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
    [m, n, a].every((count) => count === undefined || (typeof count === 'number' && count >= 0)) &&
    (z === undefined || typeof z === 'string') &&
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
