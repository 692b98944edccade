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

/** The schema into which that of a service is restored, before it takes the place of the old one. */
export const besides = (schema: string): string => `restoring_${schema}`;

const nameOf = ({ schema, table }: DumpedTable): string => quoted(besides(schema), table);

/**
 * Fills the tables beside the old ones, in one transaction. Triggers of our own do not run, because what they write is in the backup too.
 *
 * @throws CommandError when the backup names a table that its version does not have
 */
export async function loadTables(
  client: Client,
  manifest: Manifest,
  from: BackupDirectory,
  vault: Vault,
): Promise<void> {
  const tables = await inOrderOfReferences(
    client,
    manifest.tables.filter(({ table }) => table !== MIGRATIONS),
  );
  const names = tables.map(nameOf);
  await client.query('BEGIN');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  for (const name of names) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  await client.query(`TRUNCATE ${names.join(', ')}`);
  for (const table of tables) await loadTable(client, table, from, vault);
  for (const { schema, sequence, value } of manifest.sequences)
    await client.query('SELECT setval($1, $2)', [quoted(besides(schema), sequence), value]);
  for (const name of names) await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
  await client.query('COMMIT');
}

async function loadTable(client: Client, table: DumpedTable, from: BackupDirectory, vault: Vault): Promise<void> {
  const columns = table.columns.map((one) => quoted(one)).join(', ');
  const copy = client.query(copyFrom(`COPY ${nameOf(table)} (${columns}) FROM STDIN`));
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
    const found = await client.query<{ oid: string | null }>('SELECT to_regclass($1)::oid::text AS oid', [
      nameOf(table),
    ]);
    const oid = found.rows[0]?.oid;
    if (oid == null)
      throw new CommandError(`The backup names a table ${table.schema}.${table.table} that its version does not have.`);
    oids.set(oid, table);
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
