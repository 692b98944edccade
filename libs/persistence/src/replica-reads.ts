import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '@perennial/contracts-kernel';
import { type Logger, type Runtime, serverName } from '@perennial/runtime';
import { Pool } from 'pg';
import { type DatabaseOptions, mainSession } from './data-source';
import { Database, type Queryable } from './database';
import { isSerializationFailure } from './errors';

/** Connections of one process to one replica. */
const POOL_SIZE = 5;
const CONNECT_MS = 1_000;
/** A replica that is further behind than this is not waited for. */
const WAIT_MS = 50;
const LOOK_MS = 5;
/** A replica that failed or is behind is left alone for a while. */
const REST_MS = 2_000;

/** Where the primary is: no commit that was acknowledged before is later. */
interface Position {
  timeline: string;
  lsn: string;
}

const POSITION = `
  SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline,
         (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END)::text AS lsn`;

/**
 * After a failover a replica may hold a history that the new primary does not have, at a later position. It is used again once its own control
 * file names the primary's timeline: after its next restart point.
 */
const HAS_REPLAYED = `
  SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $2::pg_lsn AS "isThere",
         (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) FROM pg_control_checkpoint() c, pg_control_recovery() r)
           = ('x' || $1)::bit(32)::int AS "isSameHistory"`;

/** One replica of the database. */
export class Replica {
  readonly database: Database;
  private readonly pool: Pool;
  private restUntil = 0;

  constructor(
    readonly url: string,
    options: DatabaseOptions,
    runtime: Runtime,
    private readonly log: Logger,
  ) {
    const session = mainSession(options);
    this.pool = new Pool({
      connectionString: url,
      application_name: `${options.applicationName ?? options.schema}-replica`,
      ...session.startUp,
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: 60_000,
      query_timeout: (options.statementTimeoutMs ?? 15_000) + 5_000,
      keepAlive: true,
    });
    this.pool.on('error', () => undefined);
    this.database = new Database(this.pool, runtime.metrics, 'replica', session.local);
  }

  get isResting(): boolean {
    return performance.now() < this.restUntil;
  }

  /** Whether it has everything up to this position; it waits a little for that. */
  async reaches({ timeline, lsn }: Position): Promise<boolean> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const row = await this.database.first<{ isThere: boolean; isSameHistory: boolean }>(HAS_REPLAYED, [
        timeline,
        lsn,
      ]);
      if (row?.isThere === true && row.isSameHistory) return true;
      if (row?.isSameHistory !== true || performance.now() > end) {
        this.rest();
        return false;
      }
      await sleep(LOOK_MS);
    }
  }

  /** True when a read failed because of the replica and not of itself: then the primary is asked. */
  isToBlameFor(error: unknown): boolean {
    // A replica cancels reads that hold up its replay.
    if (isSerializationFailure(error)) return true;
    if (!(error instanceof CallError) || error.code !== 'UNAVAILABLE') return false;
    this.log.warn(
      { err: error, server: serverName(this.url) },
      'a replica of the database cannot be read; the primary is asked',
    );
    this.rest();
    return true;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private rest(): void {
    this.restUntil = performance.now() + REST_MS;
  }
}

/**
 * Reads that a replica may serve without anybody noticing: the primary is asked for its position, and a replica is read once it has replayed that
 * position. So a read sees every write that was acknowledged before it, whoever made it and through whichever process. If no replica is there
 * yet, or fails, the primary is read.
 */
export class ReplicaReads {
  private next = 0;

  private constructor(
    private readonly main: Database,
    readonly replicas: readonly Replica[],
  ) {}

  static open(options: DatabaseOptions, main: Database, runtime: Runtime): ReplicaReads {
    const log = runtime.logger('persistence');
    const replicas = (options.replicaUrls ?? []).map((url) => new Replica(url, options, runtime, log));
    return new ReplicaReads(main, replicas);
  }

  /** Runs `read` on a replica or the primary. It may be run a second time, so it must only read. */
  async run<T>(read: (database: Queryable) => Promise<T>): Promise<T> {
    return this.at(
      (replica) => read(replica.database),
      () => read(this.main),
    );
  }

  /** The same for reads that use connections of their own. */
  async at<T>(onReplica: (replica: Replica) => Promise<T>, onPrimary: () => Promise<T>): Promise<T> {
    const replica = this.choose();
    if (replica === undefined) return onPrimary();
    const position = await this.main.first<Position>(POSITION);
    try {
      if (position && (await replica.reaches(position))) return await onReplica(replica);
    } catch (error) {
      if (!replica.isToBlameFor(error)) throw error;
    }
    return onPrimary();
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  /** They take turns. */
  private choose(): Replica | undefined {
    const rested = this.replicas.filter(({ isResting }) => !isResting);
    this.next += 1;
    return rested[this.next % rested.length];
  }
}
