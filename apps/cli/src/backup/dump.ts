import { createGzip } from 'node:zlib';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { BackupDirectory } from './directory';
import { type DumpedTable, type Manifest, toTableFile } from './manifest';
import type { Vault } from './vault';

const KEYS = 1_000;

/** Runs `read` on one unchanging state of the database. */
export async function onSnapshot<T>(client: Client, read: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  try {
    return await read();
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** The first column of a statement, row by row, in bounded memory. */
export async function* values(client: Client, query: string): AsyncGenerator<string> {
  await client.query(`DECLARE keys NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const { rows } = await client.query<[string]>({ text: `FETCH ${KEYS} FROM keys`, rowMode: 'array' });
    for (const [value] of rows) yield value;
    if (rows.length < KEYS) break;
  }
  await client.query('CLOSE keys');
}

/** Writes every table of the schemas, compressed. */
export async function dumpTables(
  client: Client,
  schemas: readonly string[],
  to: BackupDirectory,
  vault: Vault,
): Promise<DumpedTable[]> {
  const { rows } = await client.query<{ schema: string; table: string; columns: string[] }>(
    `SELECT n.nspname AS schema, c.relname AS table,
            (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname = ANY ($1) ORDER BY 1, 2`,
    [schemas],
  );
  const tables: DumpedTable[] = [];
  for (const { schema, table, columns } of rows) {
    const copy = client.query(
      copyTo(`COPY ${quoted(schema, table)} (${columns.map((one) => quoted(one)).join(', ')}) TO STDOUT`),
    );
    const gzip = createGzip({ level: 1 });
    copy.on('error', (error) => gzip.destroy(error));
    const stored = await to.write(toTableFile(schema, table), copy.pipe(gzip), vault);
    tables.push({ ...stored, schema, table, columns, rows: copy.rowCount ?? 0 });
  }
  return tables;
}

/** Read after the tables: a sequence is never behind them. */
export async function readSequences(client: Client, schemas: readonly string[]): Promise<Manifest['sequences']> {
  const { rows } = await client.query<Manifest['sequences'][number]>(
    `SELECT schemaname AS schema, sequencename AS sequence, last_value::text AS value FROM pg_sequences
      WHERE schemaname = ANY ($1) AND last_value IS NOT NULL ORDER BY 1, 2`,
    [schemas],
  );
  return rows;
}

/** An SQL name, `"schema"."table"`. */
export function quoted(...names: string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}
