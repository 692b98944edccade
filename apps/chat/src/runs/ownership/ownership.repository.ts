import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { RunIdentity, RunTerminal } from '@perennial/transport';
import type { Checkpoint, TakenRun } from '../model/run';
import type { RunJob } from './run-queue';

/** A run that Postgres gives to this process. */
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

/** Who owns which run: every statement is a compare-and-set on state, owner and epoch. */
@Injectable()
export class OwnershipRepository {
  constructor(private readonly database: Database) {}

  /** Re-queues runs whose owner is on no list: a take that raced with the reaping of its process, a row that was locked at the reaping. */
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

  /** Runs that have waited for so long that their job may be lost. Each is handed to one sweeper at a time. */
  async waiting(seconds: number, limit: number): Promise<RunJob[]> {
    return this.database.query<RunJob>(
      `UPDATE runs SET swept_at = now() WHERE id IN (
         SELECT id FROM runs
          WHERE state = 'queued' AND queued_at <= now() - $1 * interval '1 second' AND swept_at <= now() - $1 * interval '1 second'
          ORDER BY queued_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id AS "runId", epoch`,
      [seconds, limit],
      { name: 'runs.waiting' },
    );
  }

  /** Makes this process the owner, if the run waits or its owner is gone. Undefined: a living process has it, or it is over. */
  async take(runId: string, processId: string): Promise<TakenRun | undefined> {
    return this.database.first<TakenRun>(TAKE, [runId, processId], { name: 'runs.take' });
  }

  /** Whether the run is still this process's at this epoch. */
  async isOwner(runId: string, processId: string, epoch: number): Promise<boolean> {
    const row = await this.database.first(
      `SELECT 1 FROM runs WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'`,
      [runId, processId, epoch],
    );
    return row !== undefined;
  }

  /** For each run whether this epoch is still its owner's. */
  async ownStill(runs: readonly { runId: string; epoch: number }[]): Promise<boolean[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT r.id FROM runs r JOIN unnest($1::uuid[], $2::int[]) AS i (id, epoch) ON r.id = i.id AND r.epoch = i.epoch
        WHERE r.state = 'running'`,
      [runs.map((run) => run.runId), runs.map((run) => run.epoch)],
    );
    const owned = new Set(rows.map((row) => row.id));
    return runs.map((run) => owned.has(run.runId));
  }

  /**
   * Appends text of runs that are still this process's and answers with all that are: what is missing there was lost to another
   * owner, what only is there was taken without this process knowing. A piece that is there already is left alone.
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
   * Gives runs back to the queue, with the titles that came with them. Not a death when their owner hands them over; `broke` says
   * that it failed at them, which must not go on for ever.
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

  /** Remembers where the attempt's span is, for the link of the next one. */
  async traceAttempt(runId: string, epoch: number, traceparent: string): Promise<void> {
    await this.database.execute('UPDATE runs SET attempt_traceparent = $3 WHERE id = $1 AND epoch = $2', [
      runId,
      epoch,
      traceparent,
    ]);
  }

  /** Runs whose terminal event may not have reached Redis. Looks only at ends older than `olderThanS` seconds. */
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

  async countByState(): Promise<{ state: string; count: number }[]> {
    return this.database.query(
      `SELECT state, count(*)::int AS count FROM runs WHERE state IN ('queued', 'running') GROUP BY state`,
    );
  }
}

/** Take, history, kept text and the title that is still to be made, in one statement. */
const TAKE = `
WITH RECURSIVE taken AS (
  UPDATE runs r
     SET state = 'running', owner = $2, epoch = r.epoch + 1, started_at = coalesce(r.started_at, now()),
         deaths = r.deaths + (r.state = 'running')::int
   WHERE r.id = $1
     AND (r.state = 'queued' OR (r.state = 'running' AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = r.owner)))
     AND EXISTS (SELECT 1 FROM processes p WHERE p.id = $2)
  RETURNING r.*
),
path AS (
  SELECT m.id, m.parent_id, m.role, m.content, m.content_parts, m.extra->'files' AS files, 1 AS depth
    FROM taken t JOIN messages m ON m.chat_id = t.chat_id AND m.id = t.parent_message_id
  UNION ALL
  SELECT m.id, m.parent_id, m.role, m.content, m.content_parts, m.extra->'files', p.depth + 1
    FROM path p CROSS JOIN taken t JOIN messages m ON m.chat_id = t.chat_id AND m.id = p.parent_id
   WHERE p.depth < 5000
),
title AS (
  UPDATE side_effects s SET state = 'begun', owner = $2, tries = s.tries + 1
    FROM taken t
   WHERE s.run_id = t.id AND s.state <> 'done' AND (s.owner IS NULL OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = s.owner))
  RETURNING s.key, s.payload, s.tries, s.user_id, s.chat_id
)
SELECT t.id, t.kind, t.user_id, t.chat_id, t.message_id, t.model, t.encoding, t.request, t.idempotency_key, t.state, t.epoch, t.deaths,
       t.cancel_requested_at IS NOT NULL AS cancelled, t.traceparent, t.attempt_traceparent, t.provider_end, t.documents,
       jsonb_build_object('kind', 'user', 'userId', t.user_id) || t.principal AS principal,
       extract(epoch FROM clock_timestamp() - t.created_at)::float8 AS age_s,
       extract(epoch FROM clock_timestamp() - t.started_at)::float8 AS running_s,
       (SELECT jsonb_agg(jsonb_build_object('id', id, 'role', role, 'content', content, 'parts', content_parts) ORDER BY depth DESC) FROM path)
         AS history,
       (SELECT jsonb_agg(jsonb_build_object('type', f->'type', 'id', coalesce(f->'id', f#>'{file,id}'), 'context', f->'context') ORDER BY depth)
          FROM (SELECT files, depth FROM path WHERE files IS NOT NULL
                UNION ALL
                SELECT c.extra->'files', 5001 FROM chats c WHERE c.id = t.chat_id AND c.extra ? 'files') a,
               jsonb_array_elements(CASE jsonb_typeof(a.files) WHEN 'array' THEN a.files ELSE '[]' END) f
         WHERE f->>'type' IN ('file', 'collection')) AS attached,
       (SELECT jsonb_agg(jsonb_build_object('generation', generation, 'epoch', epoch, 'start', start, 'text', text)
                         ORDER BY generation, epoch, start) FROM run_checkpoints c WHERE c.run_id = t.id) AS checkpoints,
       (SELECT to_jsonb(title.*) FROM title LIMIT 1) AS title
  FROM taken t`;
