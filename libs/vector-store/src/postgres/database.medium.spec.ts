import { freshDatabase, waitFor } from '@perennial/testing';
import pg from 'pg';
import { expect, it } from 'vitest';
import { VectorDatabase } from './database';

/** Real: Postgres. An unhandled error would fail the run. */
it('a connection that ends between two statements fails that transaction, not the process', async () => {
  const url = await freshDatabase('vectors');
  const database = new VectorDatabase({ url, poolSize: 1 });
  const killer = new pg.Client({ connectionString: url });
  await killer.connect();
  try {
    const lost = database.transaction({ timeoutMs: 5_000 }, async (query) => {
      const [row] = await query('SELECT pg_backend_pid() AS pid');
      await killer.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      const left = async () =>
        (await killer.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [row?.pid])).rowCount === 0;
      await waitFor(left);
      return query('SELECT 1');
    });
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await database.run('SELECT 2 AS two', [], { timeoutMs: 5_000 })).toEqual([{ two: 2 }]);
  } finally {
    await killer.end();
    await database.close();
  }
});
