import type { Queryable } from '@perennial/persistence';

/** Another process, by the database's clock. */
export interface Peer {
  id: string;
  /** Rises with each heartbeat. */
  beat: number;
  /** Seconds since the last heartbeat. */
  silent_s: number;
}

/**
 * SQL that returns the work of processes that leave. Each is the end of a statement that begins with `WITH gone (id) AS (…)`, the processes
 * that left; further CTEs begin with a comma. The same statement puts their work back into the queue, so that work is never without an owner
 * and out of the queue.
 */
export interface OwnedWork {
  /** For a process that leaves by itself: no death is counted. */
  afterLeaving: string;
  /**
   * For silent processes: a death is counted. It must skip locked rows (of a process that is paused within a transaction) and leave them to a
   * sweeper: a reaper that waited for the lock would miss its own heartbeats and look dead itself. Returns the jobs that wait now.
   */
  afterDeath: string;
}

/**
 * The table `processes (id uuid, instance text, beat bigint, seen_at timestamptz)` of a service's schema: the living processes, and the
 * return of dead ones' work. Only the database's clock counts.
 */
export class ProcessTable<Job extends object> {
  constructor(
    private readonly database: Queryable,
    private readonly work: OwnedWork,
  ) {}

  async register(processId: string, instance: string): Promise<void> {
    await this.database.execute('INSERT INTO processes (id, instance) VALUES ($1, $2)', [processId, instance]);
  }

  /** Unregisters the process; its work returns to the queue without counting a death. */
  async unregister(processId: string): Promise<void> {
    await this.database.execute(
      `WITH left_over AS (DELETE FROM processes WHERE id = $1), gone (id) AS (SELECT $1::uuid)
       ${this.work.afterLeaving}`,
      [processId],
    );
  }

  /** Writes one heartbeat and reads the others'. `alive` is false when this process was reaped. */
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

  /** Unregisters silent processes, unless they have beaten since they were read, and queues their work again. */
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
