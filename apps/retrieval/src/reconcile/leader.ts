import { type SessionOptions, withSession } from '@perennial/persistence';

/**
 * Runs `work` unless another process runs work of this name: the holder of the advisory lock leads. The lock is of a session of its own, which
 * ends with the work or the process. A leader whose connection breaks may briefly run beside a second one, so the work must be safe to run
 * concurrently.
 *
 * @returns whether it ran here
 */
export async function leading(database: SessionOptions, name: string, work: () => Promise<void>): Promise<boolean> {
  return withSession(database, async (session) => {
    const { rows } = await session.query<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine',
      [`perennial.retrieval.${name}`],
    );
    if (rows[0]?.mine !== true) return false;
    await work();
    return true;
  });
}
