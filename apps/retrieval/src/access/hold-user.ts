import type { Tx } from '@perennial/persistence';

/**
 * Until the transaction ends, nobody else counts what this user has and adds to it: a limit is one also for two that come at once. Taken
 * before any row is locked.
 */
export async function holdUser(tx: Tx, userId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('perennial.retrieval.user.' || $1, 0))`, [userId], {
    name: 'access.hold-user',
  });
}
