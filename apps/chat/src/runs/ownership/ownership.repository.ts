import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { RunIdentity, RunTerminal } from '@perennial/transport';
import type { Backlog } from '@perennial/work';
import type { Checkpoint, RunClaim } from '../types/run';
import type { RunJob } from './run-queue';

/** A run that Postgres assigns to this process. */
export interface OwnedRun {
  id: string;
  epoch: number;
  cancelled: boolean;
}

export interface CheckpointRow extends Checkpoint {
  runId: string;
}

export interface UnpublishedRun {
  identity: RunIdentity;
  epoch: number;
  terminal: RunTerminal;
}

/** Ownership of runs: every statement is a compare-and-set on state, owner and epoch. */
@Injectable()
export class OwnershipRepository {
  constructor(private readonly database: Database) {}

  /**
   * Re-queues runs whose owner is not registered: their claim raced with the reaping of its process, or their row was locked then.
   */
  async requeueOrphans(): Promise<RunJob[]> {
    return this.database.query<RunJob>(
      `UPDATE runs r SET state = 'queued', owner = NULL, queued_at = now(), deaths = deaths + 1
        WHERE r.id IN (
         SELECT o.id FROM runs o WHERE o.state = 'running' AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = o.owner)
            FOR UPDATE SKIP LOCKED)
       RETURNING r.id AS "runId", r.epoch`,
      [],
      { name: 'runs.requeue-orphans' },
    );
  }

  /** Whether this process still owns the run at this epoch. */
  async isOwner(runId: string, processId: string, epoch: number): Promise<boolean> {
    const row = await this.database.first(
      `SELECT 1 FROM runs WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'`,
      [runId, processId, epoch],
    );
    return row !== undefined;
  }

  /** For each run whether this process still owns it at this epoch. */
  async ownStill(processId: string, runs: readonly { runId: string; epoch: number }[]): Promise<boolean[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT r.id FROM runs r JOIN unnest($1::uuid[], $2::int[]) AS i (id, epoch) ON r.id = i.id AND r.epoch = i.epoch
        WHERE r.state = 'running' AND r.owner = $3`,
      [runs.map((run) => run.runId), runs.map((run) => run.epoch), processId],
    );
    const owned = new Set(rows.map((row) => row.id));
    return runs.map((run) => owned.has(run.runId));
  }

  /**
   * Appends text of runs that this process still owns, and returns all that it owns: a run missing there was lost to another owner, an
   * unknown run was claimed without this process knowing. Idempotent: existing pieces are left alone.
   */
  async checkpoint(processId: string, rows: readonly CheckpointRow[]): Promise<OwnedRun[]> {
    return this.database.query<OwnedRun>(
      `WITH mine AS (
         SELECT id, epoch, cancel_requested_at IS NOT NULL AS cancelled FROM runs WHERE owner = $1 AND state = 'running'
       ),
       kept AS (
         INSERT INTO run_checkpoints (run_id, generation, epoch, start, text)
         SELECT i.run_id, i.generation, i.epoch, i.start, i.text
           FROM unnest($2::uuid[], $3::int[], $4::int[], $5::int[], $6::text[]) AS i (run_id, generation, epoch, start, text)
           JOIN mine ON mine.id = i.run_id AND mine.epoch = i.epoch
         ON CONFLICT DO NOTHING
       )
       SELECT * FROM mine`,
      [
        processId,
        rows.map((row) => row.runId),
        rows.map((row) => row.generation),
        rows.map((row) => row.epoch),
        rows.map((row) => row.start),
        rows.map((row) => row.text),
      ],
      { name: 'runs.checkpoint' },
    );
  }

  /**
   * Returns runs to the queue, with their titles. It does not count as a death when the owner hands them over; `broke` means that it failed
   * at them, which is limited.
   */
  async release(processId: string, runs: readonly RunJob[], broke = false): Promise<RunJob[]> {
    return this.database.query<RunJob>(
      `WITH released AS (
         UPDATE runs r SET state = 'queued', owner = NULL, queued_at = now(), deaths = deaths + $4
           FROM unnest($2::uuid[], $3::int[]) AS i (id, epoch)
          WHERE r.id = i.id AND r.epoch = i.epoch AND r.owner = $1 AND r.state = 'running'
         RETURNING r.id, r.epoch
       ),
       titles AS (
         UPDATE side_effects s SET owner = NULL FROM released WHERE s.run_id = released.id AND s.owner = $1 AND s.state = 'begun'
       )
       SELECT id AS "runId", epoch FROM released`,
      [processId, runs.map((run) => run.runId), runs.map((run) => run.epoch), broke ? 1 : 0],
    );
  }

  /** Stores the attempt's trace, so that the next one can link it. */
  async traceAttempt({ runId, owner, epoch }: RunClaim, traceparent: string): Promise<void> {
    await this.database.execute(
      'UPDATE runs SET attempt_traceparent = $4 WHERE id = $1 AND owner = $2 AND epoch = $3',
      [runId, owner, epoch, traceparent],
    );
  }

  /** Runs whose terminal event may not have reached Redis. Only ends older than `olderThanS` seconds. */
  async unpublished(olderThanS: number, limit: number): Promise<UnpublishedRun[]> {
    return this.database.query<UnpublishedRun>(
      `SELECT jsonb_strip_nulls(jsonb_build_object('runId', id, 'userId', user_id, 'model', model, 'chatId', chat_id, 'messageId', message_id))
                AS identity, epoch, terminal
         FROM runs
        WHERE terminal IS NOT NULL AND published_at IS NULL AND ended_at < now() - $1 * interval '1 second'
        ORDER BY ended_at LIMIT $2`,
      [olderThanS, limit],
      { name: 'runs.unpublished' },
    );
  }

  async markPublished(runIds: readonly string[]): Promise<void> {
    await this.database.execute('UPDATE runs SET published_at = now() WHERE id = ANY ($1::uuid[])', [runIds], {
      name: 'runs.published',
    });
  }

  /**
   * Runs that are not over, by state. Only one process returns them, so that the sum over replicas is correct: the scraped one with the first
   * incarnation.
   */
  async backlog(processId: string): Promise<Backlog[]> {
    return this.database.query(
      `SELECT s.state, (SELECT count(*)::int FROM runs r WHERE r.state = s.state) AS count,
              coalesce(extract(epoch FROM now() - (SELECT min(queued_at) FROM runs r WHERE s.state = 'queued' AND r.state = 'queued')), 0)::float8
                AS waiting_s
         FROM unnest(ARRAY['queued', 'running']) AS s (state)
        WHERE (SELECT id FROM processes WHERE instance NOT LIKE '%-quarantine-%' ORDER BY id LIMIT 1) = $1`,
      [processId],
    );
  }
}
