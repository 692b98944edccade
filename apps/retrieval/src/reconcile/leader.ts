import type { Database } from '@perennial/persistence';

/**
 * Runs `work` unless another process runs work of this name: the holder of the advisory lock leads, and a dying process releases it with its
 * connection. A leader whose connection breaks may briefly run beside a second one, so the work must be safe to run concurrently.
 *
 * @returns whether it ran here
 */
export async function leading(database: Database, name: string, work: () => Promise<void>): Promise<boolean> {
  return database.lend(async (connection) => {
    const lock = [`perennial.retrieval.${name}`];
    const { rows } = await connection.send<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
      lock,
    );
    if (rows[0]?.mine !== true) return false;
    try {
      await work();
    } finally {
      try {
        await connection.send('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock);
      } catch {
        // A pooled connection would keep the lock for ever.
        connection.spoil();
      }
    }
    return true;
  });
}
