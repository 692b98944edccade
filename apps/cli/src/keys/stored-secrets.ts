import { storedSecrets as connectionKeys } from '@perennial/config/operator';
import { storedSecrets as embeddingKeys } from '@perennial/retrieval/operator';
import { SecretCipher, type SecretKeys } from '@perennial/runtime';
import type { Client } from 'pg';

/** Where secrets lie encrypted: a column of text, or a path into one of JSON. */
interface SealedColumn {
  table: string;
  column: string;
  path?: readonly string[];
  /** A condition, where not all rows count. */
  rows?: string;
}

interface StoredSecrets {
  /** What they are encrypted for, as of a `SecretCipher`. */
  purpose: string;
  columns: readonly SealedColumn[];
  /** A statement that makes every replica read them again. It locks what a service's own change locks first. */
  announce: string;
}

const PLACES: readonly StoredSecrets[] = [connectionKeys, embeddingKeys];

/** A rotation waits this long for a change that an administrator is making. */
const LOCK_MS = 10_000;

/** How many stored secrets are under which key. */
export interface SecretCount {
  /** Under SECRET_KEY. */
  current: number;
  /** Under SECRET_KEY_SECOND. */
  second: number;
  /** Under neither. */
  unreadable: number;
}

/** Counts the stored secrets of all services. The schemas must be up to date. */
export async function countSecrets(client: Client, keys: SecretKeys): Promise<SecretCount> {
  const count = { current: 0, second: 0, unreadable: 0 };
  for (const { purpose, columns } of PLACES) {
    const cipher = new SecretCipher(keys, purpose);
    for (const column of columns) {
      const { rows } = await client.query<{ sealed: string }>(select(column));
      for (const { sealed } of rows) count[stateOf(cipher, sealed)] += 1;
    }
  }
  return count;
}

/**
 * Encrypts the stored secrets that are under the second key again, under the current one: all in one transaction, so that an abort changes
 * nothing and a repetition finds nothing to do.
 *
 * @returns how many it encrypted
 */
export async function rotateSecrets(client: Client, keys: SecretKeys): Promise<number> {
  if ((await countSecrets(client, keys)).second === 0) return 0;
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
    let rotated = 0;
    for (const { purpose, columns, announce } of PLACES) {
      await client.query(announce);
      const cipher = new SecretCipher(keys, purpose);
      for (const column of columns) rotated += await rotateColumn(client, cipher, column);
    }
    await client.query('COMMIT');
    return rotated;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function rotateColumn(client: Client, cipher: SecretCipher, place: SealedColumn): Promise<number> {
  const { table, column, path } = place;
  const { rows } = await client.query<{ row: string; sealed: string }>(`${select(place)} FOR UPDATE`);
  const value = path === undefined ? '$2::text' : `jsonb_set(${column}, ${pathOf(path)}, to_jsonb($2::text))`;
  let rotated = 0;
  for (const { row, sealed } of rows) {
    if (stateOf(cipher, sealed) !== 'second') continue;
    // The row is locked, so its place is its own.
    await client.query(`UPDATE ${table} SET ${column} = ${value} WHERE ctid = $1`, [row, cipher.reseal(sealed)]);
    rotated += 1;
  }
  return rotated;
}

function select({ table, column, path, rows = 'true' }: SealedColumn): string {
  const value = path === undefined ? column : `(${column} #>> ${pathOf(path)})`;
  return `SELECT ctid::text AS row, ${value} AS sealed FROM ${table} WHERE ${rows} AND ${value} IS NOT NULL`;
}

const pathOf = (path: readonly string[]): string => `'{${path.join(',')}}'`;

function stateOf(cipher: SecretCipher, sealed: string): keyof SecretCount {
  try {
    return cipher.reseal(sealed) === undefined ? 'current' : 'second';
  } catch {
    return 'unreadable';
  }
}
