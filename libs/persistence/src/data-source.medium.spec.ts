import { fileURLToPath } from 'node:url';
import { freshDatabase } from '@perennial/testing';
import { freePort, sleep, startPostgres, startProcess, waitFor } from '@perennial/testing/servers';
import pg from 'pg';
import { build } from 'vite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { capturingRuntime, NOTES, openTestDatabase } from '../test/fixtures';
import { openDataSource, poolFrom } from './data-source';
import { Database } from './database';
import { defineMigration } from './migration';

// Real: Postgres (a separate server where it is stopped), its advisory lock, and child processes.
const root = fileURLToPath(new URL('..', import.meta.url));

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

describe('migrations', () => {
  it('are applied once when five processes start together', async () => {
    await build({
      configFile: false,
      root,
      logLevel: 'error',
      build: {
        ssr: true,
        outDir: 'dist/migrate',
        target: 'node20',
        rollupOptions: {
          input: 'test/migrate-process.ts',
          output: { format: 'es', entryFileNames: 'migrate-process.js' },
        },
      },
      ssr: { noExternal: [/^@perennial\//] },
    });
    const url = await freshDatabase('together');
    const replicas = Array.from({ length: 5 }, (_, i) =>
      startProcess({
        name: `replica ${i}`,
        command: process.execPath,
        args: ['dist/migrate/migrate-process.js', url],
        cwd: root,
      }),
    );
    const exits = await Promise.all(replicas.map((replica) => replica.exited));
    expect(
      exits.map((exit) => exit.code),
      replicas.map((replica) => replica.output).join('\n'),
    ).toEqual([0, 0, 0, 0, 0]);
    const counts = await Promise.all(
      replicas.map((replica) => waitFor(() => /\{"migrated":(\d)\}/.exec(replica.output)?.[1], { what: 'its count' })),
    );
    expect(counts.map(Number).reduce((a, b) => a + b)).toBe(NOTES.length);
  });

  it('of different services do not block each other', async () => {
    const url = await freshDatabase('services');
    const open = await Promise.all(
      ['auth', 'chat', 'config', 'auth', 'chat'].map((schema) => openTestDatabase(url, { schema })),
    );
    onTestFinished(async () => void (await Promise.all(open.map((one) => one.close()))));
    await open[0]?.database.execute("INSERT INTO notes (body) VALUES ('of auth')");
    expect(await open[3]?.database.query('SELECT body FROM notes')).toEqual([{ body: 'of auth' }]);
    expect(await open[1]?.database.query('SELECT body FROM notes')).toEqual([]);
  });

  it('of a newer version do not stop an older one from starting', async () => {
    const url = await freshDatabase('newer');
    const newer = [...NOTES, defineMigration('NotesColour1763000000003', { up: 'ALTER TABLE notes ADD colour text' })];
    await (await openTestDatabase(url, { migrations: newer })).close();
    const older = await openTestDatabase(url);
    await older.database.execute("INSERT INTO notes (body) VALUES ('still works')");
    expect(older.lines).toEqual([]);
    await older.close();
  });

  it('that fail stop the start, are rolled back, and free the lock', async () => {
    const url = await freshDatabase('failing');
    const broken = defineMigration('Broken1763000000003', { up: ['CREATE TABLE half (id int)', 'SELECT nonsense'] });
    await expect(openTestDatabase(url, { migrations: [...NOTES, broken] })).rejects.toThrow(/nonsense/);
    const fixed = defineMigration('Broken1763000000003', { up: ['CREATE TABLE half (id int)'] });
    await (await openTestDatabase(url, { migrations: [...NOTES, fixed], migrationWaitMs: 1_000 })).close();
  });

  it('wait for another process for a limited time', async () => {
    const url = await freshDatabase('held');
    await withClient(url, async (client) => {
      await client.query('SELECT pg_advisory_lock(8099850306480400737)');
      await expect(openTestDatabase(url, { migrationWaitMs: 300 })).rejects.toThrow(
        /another process has been migrating/,
      );
      const waiting = openTestDatabase(url);
      await sleep(200);
      await client.query('SELECT pg_advisory_unlock(8099850306480400737)');
      await (await waiting).close();
    });
  });

  describe('that make an index without a lock', () => {
    const index = 'CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_long ON notes (length(body))';
    const migrations = [...NOTES, defineMigration('NotesLong1763000000003', { up: index, transaction: false })];
    const found = async (client: pg.Client) => {
      const { rows } = await client.query<{ id: number; valid: boolean }>(
        `SELECT indexrelid::int AS id, indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('notes.notes_long')`,
      );
      return rows[0];
    };

    it('make it anew when an earlier try did not finish it', async () => {
      const url = await freshDatabase('unfinished');
      await (await openTestDatabase(url)).close();
      await withClient(url, async (client) => {
        await client.query('SET search_path = notes');
        await client.query(index);
        await client.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'notes_long'::regclass`);
        const before = await found(client);
        await (await openTestDatabase(url, { migrations })).close();
        const after = await found(client);
        expect([before?.valid, after?.valid, after?.id === before?.id]).toEqual([false, true, false]);
      });
    });

    it('wait while it is being made by another process', async () => {
      const url = await freshDatabase('being-made');
      await (await openTestDatabase(url)).close();
      const { runtime, lines } = capturingRuntime();
      await withClient(url, (maker) =>
        withClient(url, async (writer) => {
          await writer.query(`BEGIN; INSERT INTO notes.notes (body) VALUES ('holds it up')`);
          await maker.query('SET search_path = notes');
          const making = maker.query(index);
          const before = await waitFor(() => found(writer));
          const opening = openDataSource({ url, schema: 'notes', migrations }, runtime.log);
          await waitFor(() => lines.some(({ msg }) => msg === 'a table to be migrated is locked, retrying'));
          await writer.query('COMMIT');
          await making;
          await (await opening).destroy();
          expect(await found(writer)).toEqual({ ...before, valid: true });
        }),
      );
    });
  });

  it('must have a timestamp in their name', () => {
    expect(() => defineMigration('Notes', { up: '' })).toThrow(/13 digits/);
  });
});

describe('a database that is away', () => {
  it('at start is waited for, and the wait is logged', async () => {
    const port = await freePort();
    const { runtime, lines } = capturingRuntime();
    const password = 'not-yet-there';
    const opening = openDataSource(
      { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, schema: 'notes', migrations: NOTES },
      runtime.log,
    );
    await waitFor(() => lines.filter((line) => line.msg === 'the database cannot be reached, retrying').length >= 2);
    expect(JSON.stringify(lines)).not.toContain(password);
    const server = await startPostgres({ port, password });
    onTestFinished(() => server.stop());
    await (await opening).destroy();
  });

  it('is not waited for if the password is wrong', async () => {
    const url = new URL(await freshDatabase('password'));
    url.password = 'wrong';
    await expect(openTestDatabase(url.href)).rejects.toThrow(/refused the user or password of DATABASE_URL/);
  });

  it('under load answers UNAVAILABLE, and recovers when it is back', async () => {
    const server = await startPostgres();
    const db = await openTestDatabase(server.url, { poolSize: 5 });
    onTestFinished(async () => {
      await db.close();
      await server.stop();
    });
    let stop = false;
    let ok = 0;
    const codes = new Set<unknown>();
    const load = Array.from({ length: 10 }, async (_, worker) => {
      for (let i = 0; !stop; i += 1) {
        try {
          if (worker % 2 === 0) await db.database.query('SELECT pg_sleep(0.005)');
          else await db.work.run((tx) => tx.query('INSERT INTO notes (body) VALUES ($1)', [`${worker}-${i}`]));
          ok += 1;
        } catch (error) {
          codes.add((error as { code?: string }).code);
          await sleep(20);
        }
      }
    });
    await sleep(300);
    await server.restart();
    await server.kill();
    await sleep(300);
    await server.start();
    const before = ok;
    await waitFor(() => ok > before + 100);
    stop = true;
    await Promise.all(load);
    expect([...codes]).toEqual(['UNAVAILABLE']);
    expect(poolFrom(db.dataSource).totalCount).toBeLessThanOrEqual(5);
  });

  it('that hangs times out, and its connection is closed', async () => {
    const server = await startPostgres();
    const db = await openTestDatabase(server.url, { statementTimeoutMs: 200, connectTimeoutMs: 500 });
    onTestFinished(async () => {
      await db.close();
      await server.stop();
    });
    await expect(db.database.query('SELECT pg_sleep(2)')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await server.pause();
    await expect(db.database.query('SELECT 1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfter: 2 },
    });
    await server.cont();
    await waitFor(async () => (await db.database.query<{ one: number }>('SELECT 1 AS one'))[0]?.one === 1);
  });

  it('with an exhausted pool answers UNAVAILABLE instead of waiting for ever', async () => {
    const db = await openTestDatabase(await freshDatabase('full'), { poolSize: 1, connectTimeoutMs: 200 });
    onTestFinished(() => db.close());
    const slow = db.database.query('SELECT pg_sleep(0.6)');
    await expect(db.database.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await slow;
    expect(await db.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

it('a statement prepared by name runs on every connection', async () => {
  const db = await openTestDatabase(await freshDatabase('named'), { poolSize: 3 });
  onTestFinished(() => db.close());
  const database: Database = db.database;
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, i) => database.first<{ n: number }>('SELECT $1::int AS n', [i], { name: 'echo' })),
  );
  expect(results.map((row) => row?.n)).toEqual(Array.from({ length: 30 }, (_, i) => i));
});
