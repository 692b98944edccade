import type { Queryable } from '@perennial/persistence';

/** Another process, as the database's clock sees it. */
export interface Peer {
  id: string;
  /** Rises with each heartbeat. */
  beat: number;
  /** Seconds since the last heartbeat. */
  silent_s: number;
}

/**
 * What becomes of the work of processes that leave the list. Each is the end of a statement that begins with `WITH gone (id) AS (…)`,
 * the processes that left; further CTEs begin with a comma. It gives back to the queue what they own in the same statement, so that no
 * moment exists in which work belongs to nobody and nobody knows.
 */
export interface OwnedWork {
  /** For one that leaves by itself: no death is counted. */
  afterLeaving: string;
  /**
   * For those that fell silent: a death is counted. Rows that are locked (a process that stands still in the middle of a transaction) are
   * to be skipped and left to a sweeper: a reaper that waited for the lock would miss its own heartbeats and look dead itself.
   * Returns the jobs that wait now.
   */
  afterDeath: string;
}

/**
 * The table `processes (id uuid, instance text, beat bigint, seen_at timestamptz)` of a service's schema: who lives, and what becomes of
 * the work of who does not. By the database's clock only.
 */
export class ProcessTable<Job extends object> {
  constructor(
    private readonly database: Queryable,
    private readonly work: OwnedWork,
  ) {}

  async register(processId: string, instance: string): Promise<void> {
    await this.database.execute('INSERT INTO processes (id, instance) VALUES ($1, $2)', [processId, instance]);
  }

  /** Takes the process off the list; what it owns still goes back to the queue without counting a death. */
  async unregister(processId: string): Promise<void> {
    await this.database.execute(
      `WITH left_over AS (DELETE FROM processes WHERE id = $1), gone (id) AS (SELECT $1::uuid)
       ${this.work.afterLeaving}`,
      [processId],
    );
  }

  /** One heartbeat, and what it says of the others. `alive` is false when this process was reaped. */
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

  /** Takes silent processes off the list, if they have not beaten since they were looked at, and re-queues their work. */
  async reap(peers: readonly Peer[]): Promise<Job[]> {
    return this.database.query<Job>(
      `WITH gone (id) AS (
         DELETE FROM processes p USING unnest($1::uuid[], $2::bigint[]) AS d (id, beat) WHERE p.id = d.id AND p.beat = d.beat RETURNING p.id
       )
       ${this.work.afterDeath}`,
      [peers.map((peer) => peer.id), peers.map((peer) => peer.beat)],
    );
  }
}
