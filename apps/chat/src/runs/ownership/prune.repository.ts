import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';

/** Rows deleted by one statement: few enough never to lock for long. */
const BATCH = 2_000;

/** Deletes rows that no request can refer to any more, so that only the tables of chats grow with time. */
@Injectable()
export class PruneRepository {
  constructor(private readonly database: Database) {}

  /** Several replicas may prune at once: each takes rows that the others have not locked. */
  async prune(): Promise<void> {
    // A completion's text is kept 10 minutes from its end; a run with an unpublished end is kept.
    await this.deleteAll(`
      DELETE FROM runs WHERE id IN (
        SELECT id FROM runs
         WHERE kind = 'completion' AND terminal IS NOT NULL AND published_at IS NOT NULL AND ended_at < now() - interval '10 minutes'
         LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`);
    // A turn's text is in its message. Its run has user and end, for late readers.
    await this.deleteAll(`
      DELETE FROM runs WHERE id IN (
        SELECT id FROM runs
         WHERE kind = 'turn' AND terminal IS NOT NULL AND published_at IS NOT NULL AND ended_at < now() - interval '7 days'
         LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`);
    // The record of a finished title outlives every repetition of the request for it.
    await this.deleteAll(`
      DELETE FROM side_effects WHERE key IN (
        SELECT key FROM side_effects WHERE state = 'done' AND ended_at < now() - interval '1 day' LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`);
    await this.deleteAll(`
      DELETE FROM side_effects WHERE key IN (
        SELECT s.key FROM side_effects s
         WHERE s.state <> 'done' AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = s.run_id) LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`);
    // Text that a checkpoint stored while its run was being finished.
    await this.database.execute(
      `DELETE FROM run_checkpoints c WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id AND r.terminal IS NULL)`,
    );
  }

  private async deleteAll(statement: string): Promise<void> {
    while ((await this.database.execute(statement)) === BATCH);
  }
}
