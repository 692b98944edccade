import { createHash } from 'node:crypto';
import { CallError, requestIdentity } from '@perennial/contracts-kernel';
import type { Queryable } from './database';
import { defineMigration, type MigrationClass } from './migration';

/** Identifies a delivery; a second one with the same key is the same delivery. */
export interface OnceKey {
  /**
   * Namespace of the key: the call and the user, for example `chat.runs.accept:<userId>`. Another user's key must not match.
   */
  scope: string;
  /** The caller's key. */
  key: string;
  /** The request; another request under the same key is refused. Compared by hash, not stored. */
  request: unknown;
  /** Other statements of the same request, which another replica may have stored. */
  otherForms?: readonly unknown[];
}

/** Results are kept a day: no caller repeats a call for longer. */
export const KEEP_CALL_RESULTS_MS = 24 * 60 * 60 * 1_000;
const PRUNE_BATCH = 5_000;

/** The migration for `call_results`; each service that uses `UnitOfWork.once` includes it with a timestamp of its own. */
export function callResultsMigration(timestamp: number): MigrationClass {
  return defineMigration(`CallResults${timestamp}`, {
    up: [
      `CREATE TABLE call_results (
         scope text NOT NULL,
         key text NOT NULL,
         request_hash text NOT NULL,
         result jsonb,
         created_at timestamptz NOT NULL DEFAULT now(),
         PRIMARY KEY (scope, key)
       )`,
      'CREATE INDEX call_results_created_at ON call_results (created_at)',
    ],
  });
}

/** Deletes results older than `olderThanMs`; in batches, so that it never locks for long. @returns how many */
export async function pruneCallResults(
  database: Queryable,
  olderThanMs: number = KEEP_CALL_RESULTS_MS,
): Promise<number> {
  let pruned = 0;
  for (;;) {
    const count = await database.execute(
      `DELETE FROM call_results WHERE ctid IN (
         SELECT ctid FROM call_results WHERE created_at < now() - $1 * interval '1 millisecond' LIMIT ${PRUNE_BATCH})`,
      [olderThanMs],
    );
    pruned += count;
    if (count < PRUNE_BATCH) return pruned;
  }
}

/** The stored results, inside one transaction. */
export class CallResults {
  constructor(private readonly tx: Queryable) {}

  /**
   * Claims the key for this transaction. If another transaction holds it, waits for that to end.
   *
   * @returns the stored result if the key was used, undefined if the key is ours now
   */
  async claim({ scope, key, request, otherForms = [] }: OnceKey): Promise<{ result: unknown } | undefined> {
    const hash = requestHash(request);
    const claimed = await this.tx.execute(
      'INSERT INTO call_results (scope, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [scope, key, hash],
      { name: 'call_results.claim' },
    );
    if (claimed === 1) return undefined;
    const row = await this.tx.first<{ request_hash: string; result: unknown }>(
      'SELECT request_hash, result FROM call_results WHERE scope = $1 AND key = $2',
      [scope, key],
      { name: 'call_results.read' },
    );
    // Pruned between the two statements: the key is free, but this transaction does not hold it.
    if (row === undefined)
      throw new CallError('UNAVAILABLE', 'The earlier result has just expired. Try again.', { retryAfter: 1 });
    const known = [hash, ...otherForms.map(requestHash)];
    if (!known.includes(row.request_hash)) {
      throw new CallError(
        'IDEMPOTENCY_MISMATCH',
        'This key was used for another request. Use a new key for a new request.',
      );
    }
    return { result: row.result };
  }

  async store({ scope, key }: OnceKey, result: unknown): Promise<void> {
    await this.tx.execute(
      'UPDATE call_results SET result = $3 WHERE scope = $1 AND key = $2',
      [scope, key, JSON.stringify(result ?? null)],
      { name: 'call_results.store' },
    );
  }
}

/**
 * Equal for requests that are equal as JSON, regardless of the order of fields and of whether a default is given or missing.
 */
export function requestHash(request: unknown): string {
  return createHash('sha256')
    .update(canonical(requestIdentity(request)))
    .digest('base64url');
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    ) ?? 'undefined'
  );
}
