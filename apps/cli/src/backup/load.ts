import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CommandError } from '../failure';
import type { BackupDirectory } from './directory';
import { quoted } from './dump';
import type { DumpedTable, Manifest } from './manifest';
import type { Vault } from './vault';

/** Written by the migrations themselves. */
const MIGRATIONS = 'migrations';

/**
 * Fills the tables in one transaction: after an abort they are as before. Triggers of our own do not run, because what they write is in the
 * backup too.
 *
 * @param afterwards statements of the services that end the restore
 */
export async function loadTables(
  client: Client,
  manifest: Manifest,
  from: BackupDirectory,
  vault: Vault,
  afterwards: readonly string[],
): Promise<void> {
  const tables = await inOrderOfReferences(
    client,
    manifest.tables.filter(({ table }) => table !== MIGRATIONS),
  );
  const names = tables.map(({ schema, table }) => quoted(schema, table));
  await client.query('BEGIN');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  for (const name of names) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  await client.query(`TRUNCATE ${names.join(', ')}`);
  for (const table of tables) await loadTable(client, table, from, vault);
  for (const { schema, sequence, value } of manifest.sequences)
    await client.query('SELECT setval($1, $2)', [quoted(schema, sequence), value]);
  for (const statement of afterwards) await client.query(statement);
  for (const name of names) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
  await client.query('COMMIT');
}

async function loadTable(client: Client, table: DumpedTable, from: BackupDirectory, vault: Vault): Promise<void> {
  const columns = table.columns.map((one) => quoted(one)).join(', ');
  const copy = client.query(copyFrom(`COPY ${quoted(table.schema, table.table)} (${columns}) FROM STDIN`));
  await pipeline(await from.read(table.file, vault), createGunzip(), copy);
  if (copy.rowCount !== table.rows)
    throw new CommandError(
      `${table.schema}.${table.table} got ${copy.rowCount} rows of ${table.rows}; nothing was restored.`,
    );
}

/** Tables to which others refer come first. */
async function inOrderOfReferences(client: Client, tables: readonly DumpedTable[]): Promise<DumpedTable[]> {
  const { rows } = await client.query<{ table: string; target: string }>(
    `SELECT conrelid::regclass::oid::text AS table, confrelid::regclass::oid::text AS target FROM pg_constraint WHERE contype = 'f'`,
  );
  const oids = new Map<string, DumpedTable>();
  for (const table of tables) {
    const found = await client.query<{ oid: string }>('SELECT $1::regclass::oid::text AS oid', [
      quoted(table.schema, table.table),
    ]);
    oids.set(found.rows[0]?.oid ?? '', table);
  }
  const ordered = new Set<DumpedTable>();
  const add = (oid: string): void => {
    const table = oids.get(oid);
    if (table === undefined || ordered.has(table)) return;
    for (const row of rows) if (row.table === oid && row.target !== oid) add(row.target);
    ordered.add(table);
  };
  for (const oid of oids.keys()) add(oid);
  return [...ordered];
}
