import { freshDatabase, missingServer } from '@perennial/testing';
import { type PgBouncer, pgbouncerBinary, startPgBouncer } from '@perennial/testing/servers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';
import { HeavyReads } from './heavy-reads';
import { ReplicaReads } from './replica-reads';

const missing = await missingServer('PgBouncer', pgbouncerBinary);

// Real: PgBouncer in transaction mode with two connections to Postgres, for several processes with pools of ten.
describe.skipIf(missing !== undefined)('behind a pooler in transaction mode', () => {
  let directUrl: string;
  let pooler: PgBouncer;

  beforeAll(async () => {
    directUrl = await freshDatabase('pooled');
    pooler = await startPgBouncer({ upstream: directUrl, poolSize: 2 });
  });
  afterAll(() => pooler?.stop());

  const options = () => ({ url: pooler.url, directUrl, pooler: 'transaction' as const });

  async function open(schema = 'notes', more = {}): Promise<TestDatabase> {
    const opened = await openTestDatabase(pooler.url, { ...options(), schema, ...more });
    onTestFinished(() => opened.close());
    return opened;
  }

  it('services of different schemas migrate, write and read at the same time, more of them than it has connections', async () => {
    const schemas = ['auth', 'chat', 'config', 'retrieval'];
    const processes = await Promise.all([...schemas, ...schemas].map((schema) => open(schema)));
    await Promise.all(
      processes.flatMap(({ work, database }, process) =>
        Array.from({ length: 20 }, async (_, i) => {
          const body = `${process % 4} ${i}`;
          const insert = 'INSERT INTO notes (body) VALUES ($1)';
          // Two replicas deliver the same request: it is written once.
          await work.once({ scope: 'note', key: body, request: body }, (tx) =>
            tx.execute(insert, [body], { name: 'notes.insert' }),
          );
          await database.query('SELECT body FROM notes WHERE body = $1', [body], { name: 'notes.find' });
        }),
      ),
    );
    for (const [i, { database }] of processes.entries()) {
      const rows = await database.query<{ body: string }>('SELECT body FROM notes');
      expect(rows).toHaveLength(20);
      expect(rows.every(({ body }) => body.startsWith(`${i % 4} `))).toBe(true);
    }
  });

  it('a failure is the statement’s, time-outs hold, and nothing stays in a session that others get', async () => {
    const { work, database } = await open('notes', { statementTimeoutMs: 200, genericPlans: true });
    const insert = `INSERT INTO notes (body) VALUES ('twice')`;
    await database.execute(insert);
    await expect(database.execute(insert)).rejects.toMatchObject({ code: '23505' });
    await expect(
      work.run(async (tx) => {
        await tx.execute(`INSERT INTO notes (body) VALUES ('rolled back')`);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await database.query('SELECT body FROM notes')).toEqual([{ body: 'twice' }]);
    await expect(database.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const shown = ['search_path', 'statement_timeout', 'idle_in_transaction_session_timeout', 'plan_cache_mode', 'jit'];
    const read = `SELECT ${shown.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`;
    expect(await database.first(read)).toEqual({
      search_path: 'notes, public',
      statement_timeout: '200ms',
      idle_in_transaction_session_timeout: '2s',
      plan_cache_mode: 'force_generic_plan',
      jit: 'off',
    });
    const stranger = new pg.Client({ connectionString: pooler.url });
    await stranger.connect();
    expect((await stranger.query<Record<string, string>>(read)).rows[0]).toMatchObject({
      search_path: '"$user", public',
      statement_timeout: '0',
    });
    await stranger.end();
  });

  it('a heavy read ends with its caller', async () => {
    const { database, runtime } = await open();
    const heavy = { ...options(), schema: 'notes', migrations: [] };
    const reads = HeavyReads.open(heavy, database, ReplicaReads.open(heavy, database, runtime), runtime);
    onTestFinished(() => reads.close());
    const caller = new AbortController();
    const reading = reads.run('somebody', { remainingMs: 20_000, signal: caller.signal }, async (tx) => {
      const slept = tx.query('SELECT pg_sleep(30), (SELECT count(*) FROM notes)');
      setTimeout(() => caller.abort(new Error('gone')), 50);
      return slept;
    });
    await expect(reading).rejects.toThrow('gone');
  });

  it('is refused without DATABASE_POOLER or DATABASE_DIRECT_URL, with what to set', async () => {
    await expect(openTestDatabase(pooler.url)).rejects.toThrow(/set DATABASE_POOLER=transaction/);
    await expect(openTestDatabase(pooler.url, { pooler: 'transaction' })).rejects.toThrow(/DATABASE_DIRECT_URL/);
  });
});
