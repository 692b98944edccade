import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { freshDatabase } from '@perennial/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { retrievalMigrations } from '../src/migrations';
import { ReconcileRepository } from '../src/reconcile/reconcile.repository';
import { RowSweep } from '../src/reconcile/row-sweep';

const FILES = 40;
const CHUNKS_OF_FILE = 250;
const NOTHING = { chunks: 0, deletedFiles: 0, deletedBases: 0, placements: 0, homelessFiles: 0 };

/** Real: Postgres. Every fourth file has lost something, so that there is something on nearly every page. */
describe('rows', () => {
  let dataSource: DataSource;
  let database: Database;
  let repository: ReconcileRepository;

  beforeAll(async () => {
    const runtime = new Runtime({ name: 'retrieval', logLevel: 'error' });
    dataSource = await openDataSource(
      // One connection, so that its statistics can be read from it.
      { url: await freshDatabase('rows'), schema: 'retrieval', migrations: retrievalMigrations, poolSize: 1 },
      runtime.log,
    );
    database = new Database(poolFrom(dataSource), runtime.metrics);
    repository = new ReconcileRepository(database);
  });
  afterAll(() => dataSource?.destroy());
  beforeEach(async () => {
    await database.execute('TRUNCATE files, chunks, removals, knowledge_bases CASCADE');
    await database.execute(
      `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, state)
       SELECT gen_random_uuid(), gen_random_uuid(), n::text, 'text/plain', 1, '', '', 1, 'completed' FROM generate_series(1, ${FILES}) n`,
    );
    await database.execute('INSERT INTO placements (file_id, scope) SELECT id, id FROM files');
    await database.execute(
      `INSERT INTO chunks SELECT id, 1, n, '', NULL, NULL, 0, 0, '' FROM files, generate_series(1, ${CHUNKS_OF_FILE}) n`,
    );
  });
  const faults = async (): Promise<typeof NOTHING> => {
    const some = (rest: number): string => `name::int % 4 = ${rest}`;
    await database.execute(`DELETE FROM placements USING files WHERE file_id = id AND ${some(0)}`);
    await database.execute(
      `INSERT INTO placements (file_id, scope) SELECT id, gen_random_uuid() FROM files WHERE ${some(1)}`,
    );
    await database.execute(`UPDATE files SET deleted_at = now() - interval '1 hour' WHERE ${some(2)}`);
    await database.execute(
      `INSERT INTO chunks SELECT id, 0, n, '', NULL, NULL, 0, 0, '' FROM files, generate_series(1, 3) n WHERE ${some(3)}`,
    );
    await database.execute(
      `INSERT INTO knowledge_bases (user_id, name, deleted_at)
       SELECT gen_random_uuid(), '', now() - interval '1 hour' FROM generate_series(1, 10)`,
    );
    const each = FILES / 4;
    return { chunks: 3 * each, deletedFiles: each, deletedBases: 10, placements: each, homelessFiles: each };
  };
  const count = async (table: string) =>
    (await database.first<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))?.count;

  it('are scanned in pages, each of which is repaired', async () => {
    const planted = await faults();
    const sweep = new RowSweep(repository, 7);
    // No process works on the removals of the deleted files, so their chunks are left over as well.
    const told = { ...planted, chunks: planted.chunks + (FILES / 4) * CHUNKS_OF_FILE };
    expect(await sweep.run({ repair: false })).toEqual(told);
    expect(await sweep.run({ repair: false })).toEqual(told);
    expect(await sweep.run({ repair: true })).toEqual(planted);
    expect(await sweep.run({ repair: true })).toEqual(NOTHING);
    expect([await count('chunks'), await count('placements'), await count('removals')]).toEqual([
      FILES * CHUNKS_OF_FILE,
      FILES,
      FILES / 4 + 10,
    ]);
  });

  it('that were repaired before a sweep was stopped stay repaired, and the next finds the others', async () => {
    const planted = await faults();
    const stop = new AbortController();
    let pages = 0;
    const stopping = new (class extends ReconcileRepository {
      override generationsAfter(...page: Parameters<ReconcileRepository['generationsAfter']>) {
        pages += 1;
        if (pages === 2) stop.abort();
        return super.generationsAfter(...page);
      }
    })(database);
    const sweep = new RowSweep(stopping, 7);
    await expect(sweep.run({ repair: true, signal: stop.signal })).rejects.toThrow();
    expect(pages).toBe(2);
    const { chunks, ...rows } = await sweep.run({ repair: true });
    expect({ ...rows, chunks: 0 }).toEqual(NOTHING);
    expect(chunks).toBeGreaterThan(0);
    expect(chunks).toBeLessThan(planted.chunks);
  });

  it('cost one look for each generation of chunks, for any number of chunks', async () => {
    await database.execute('ANALYZE');
    const looked = async (): Promise<number> => {
      await database.query('SELECT pg_stat_force_next_flush()');
      const row = await database.first<{ read: number }>(
        `SELECT (seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid))::int AS read
           FROM pg_stat_user_tables t WHERE relname = 'chunks'`,
      );
      return row?.read ?? 0;
    };
    const before = await looked();
    expect(await new RowSweep(repository).run({ repair: true })).toEqual(NOTHING);
    const cost = (await looked()) - before;
    expect(cost).toBeGreaterThanOrEqual(FILES);
    expect(cost).toBeLessThan(3 * FILES);
  });
});
