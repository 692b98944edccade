import { freshDatabase } from '@perennial/testing';
import { waitFor } from '@perennial/testing/servers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { capturingRuntime, NOTES, openTestDatabase } from '../test/fixtures';
import { migrateSchema, openDataSource } from './data-source';
import { defineMigration } from './migration';
import { pendingMigrations } from './migration-lock';

// Real: Postgres.
const NAMES = ['Notes1763000000001', 'CallResults1763000000002'];

describe('a process that may not migrate', () => {
  it('waits until another one has, and names what is missing', async () => {
    const url = await freshDatabase('waits');
    const { runtime, lines } = capturingRuntime();
    const opening = openDataSource({ url, schema: 'notes', migrations: NOTES, migrate: false }, runtime.log);
    await waitFor(() => lines.length >= 2, { what: 'two lines about the wait' });
    expect(lines[0]).toMatchObject({ msg: 'waiting until another process has migrated', pending: NAMES });
    await (await openTestDatabase(url)).close();
    const dataSource = await opening;
    onTestFinished(() => dataSource.destroy());
    expect(await dataSource.query('SELECT count(*)::int AS notes FROM notes')).toEqual([{ notes: 0 }]);
  });

  it('starts at once on a schema that is newer than its code', async () => {
    const url = await freshDatabase('behind');
    const newer = [...NOTES, defineMigration('NotesColour1763000000003', { up: 'ALTER TABLE notes ADD colour text' })];
    await (await openTestDatabase(url, { migrations: newer })).close();
    const older = await openTestDatabase(url, { migrate: false });
    expect(older.lines).toEqual([]);
    await older.close();
  });
});

describe('a contract migration', () => {
  const contracting = [
    ...NOTES,
    defineMigration('NotesWithoutBody1763000000004', { up: 'ALTER TABLE notes DROP COLUMN body', contracts: '0.2.0' }),
  ];
  const columns = `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'notes' ORDER BY 1`;

  it('is not applied by a start, and is not missing; an operator applies it, and processes start afterwards', async () => {
    const url = await freshDatabase('contract');
    const started = await openTestDatabase(url, { migrations: contracting });
    expect(await started.dataSource.query(columns)).toEqual([{ name: 'body' }, { name: 'id' }]);
    const options = { url, schema: 'notes', migrations: contracting };
    expect(await pendingMigrations(options)).toEqual([]);
    const { runtime } = capturingRuntime();
    expect(await migrateSchema({ ...options, contract: true }, runtime.log)).toEqual(['NotesWithoutBody1763000000004']);
    expect(await started.dataSource.query(columns)).toEqual([{ name: 'id' }]);
    await started.close();
    const again = await openTestDatabase(url, { migrations: contracting, migrate: false });
    expect(again.lines).toEqual([]);
    await again.close();
  });
});
