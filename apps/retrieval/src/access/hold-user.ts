import type { Tx } from '@perennial/persistence';

/**
 * Serialises transactions that count a user's items and add to them, until the end of the transaction, so that concurrent ones cannot exceed
 * a limit. Call it before any row is locked.
 */
export async function holdUser(tx: Tx, userId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('perennial.retrieval.user.' || $1, 0))`, [userId], {
    name: 'access.hold-user',
  });
}
