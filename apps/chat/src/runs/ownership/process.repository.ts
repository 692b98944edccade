import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';
import type { RunJob } from './run-queue';
import { HEARTBEAT_DATABASE } from './heartbeat-database';

/** Another process, as the database's clock sees it. */
export interface Peer {
  id: string;
  /** Rises with each heartbeat. */
  beat: number;
  /** Seconds since the last heartbeat. */
  silent_s: number;
}

/** Who lives, and what becomes of the runs of who does not. */
@Injectable()
export class ProcessRepository {
  constructor(@Inject(HEARTBEAT_DATABASE) private readonly database: Database) {}

  async register(processId: string, instance: string): Promise<void> {
    await this.database.execute('INSERT INTO processes (id, instance) VALUES ($1, $2)', [processId, instance]);
  }

  /** Takes the process off the list; its runs, if any are left, go back to the queue without counting a death. */
  async unregister(processId: string): Promise<void> {
    await this.database.execute(
      `WITH gone AS (DELETE FROM processes WHERE id = $1)
       UPDATE runs SET state = 'queued', owner = NULL, queued_at = now() WHERE owner = $1 AND state = 'running'`,
      [processId],
    );
  }

  /** One heartbeat, by the database's clock, and what it says of the others. `alive` is false when this process was reaped. */
  async beat(processId: string): Promise<{ alive: boolean; peers: Peer[] }> {
    const row = await this.database.first<{ alive: boolean; peers: Peer[] | null }>(
      `WITH mine AS (UPDATE processes SET beat = beat + 1, seen_at = clock_timestamp() WHERE id = $1 RETURNING id)
       SELECT EXISTS (SELECT 1 FROM mine) AS alive,
              (SELECT jsonb_agg(jsonb_build_object('id', id, 'beat', beat, 'silent_s', extract(epoch FROM clock_timestamp() - seen_at)))
                 FROM processes WHERE id <> $1) AS peers`,
      [processId],
      { name: 'processes.beat' },
    );
    return { alive: row?.alive ?? false, peers: row?.peers ?? [] };
  }

  /**
   * Takes silent processes off the list, if they have not beaten since they were looked at, and re-queues their runs. A run whose row
   * is locked (a process that stands still in the middle of a transaction) is left to the sweepers: a reaper that waited for the lock
   * would miss its own heartbeats and look dead itself.
   */
  async reap(peers: readonly Peer[]): Promise<RunJob[]> {
    return this.database.query<RunJob>(
      `WITH dead AS (
         DELETE FROM processes p USING unnest($1::uuid[], $2::bigint[]) AS d (id, beat) WHERE p.id = d.id AND p.beat = d.beat RETURNING p.id
       ),
       theirs AS (
         SELECT r.id FROM runs r JOIN dead ON r.owner = dead.id WHERE r.state = 'running' FOR UPDATE OF r SKIP LOCKED
       )
       UPDATE runs r SET state = 'queued', owner = NULL, queued_at = now(), deaths = deaths + 1
         FROM theirs WHERE r.id = theirs.id
       RETURNING r.id AS "runId", r.epoch`,
      [peers.map((peer) => peer.id), peers.map((peer) => peer.beat)],
    );
  }
}
