import { CallError } from '@perennial/contracts-kernel';
import type { Runtime } from '@perennial/runtime';
import type { Pool } from 'pg';
import type { DatabaseOptions } from './data-source';
import { Database, type Queryable } from './database';
import { PrimaryPool } from './primary-pool';
import type { ReplicaReads } from './replica-reads';
import { sessionOf } from './session-settings';
import { UnitOfWork } from './unit-of-work';
import { UserTurns } from './user-turns';

/** Connections of one process for reads whose cost depends on how much a user has. */
export const HEAVY_POOL_SIZE = 4;

/** A caller that waits; a `CallContext` is one. */
export interface Waiter {
  /** Milliseconds until the caller's deadline. */
  readonly remainingMs: number;
  /** Aborts when the caller stops waiting; the reason is a CallError. */
  readonly signal: AbortSignal;
}

/**
 * Reads that may take seconds. They use a pool of their own, so that other statements do not wait for them, and they end with their caller:
 * Postgres stops the statement at the caller's deadline, or is told to cancel it if the caller aborts earlier.
 */
export class HeavyReads {
  private readonly turns = new UserTurns({ running: 2, waiting: 4 });

  private constructor(
    private readonly primary: HeavyPool,
    private readonly onReplicas: ReadonlyMap<string, HeavyPool>,
    private readonly replicas: ReplicaReads,
  ) {}

  static open(options: DatabaseOptions, main: Database, replicas: ReplicaReads, runtime: Runtime): HeavyReads {
    const poolAt = (url: string, beside: Database): HeavyPool => new HeavyPool({ ...options, url }, beside, runtime);
    return new HeavyReads(
      poolAt(options.url, main),
      new Map(replicas.replicas.map(({ url, database }) => [url, poolAt(url, database)])),
      replicas,
    );
  }

  /**
   * Runs `work` in a transaction of its own, on a replica if that has every write of before. It may be run a second time.
   *
   * @throws CallError RESOURCE_EXHAUSTED when too many reads of this user wait already, DEADLINE_EXCEEDED or the signal's reason when the caller's
   * time ends first, UNAVAILABLE as `Database`
   */
  async run<T>(userId: string, waiter: Waiter, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.turns.take(userId, waiter.signal, () =>
      this.replicas.at(
        ({ url }) => (this.onReplicas.get(url) ?? this.primary).run(waiter, work),
        () => this.primary.run(waiter, work),
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.primary, ...this.onReplicas.values()].map((pool) => pool.close()));
  }
}

/** The connections for heavy reads to one server. */
class HeavyPool {
  private readonly unitOfWork: UnitOfWork;
  private readonly pool: Pool;

  constructor(
    options: DatabaseOptions,
    /** Sends the cancellations: all connections of the reads may be busy. */
    private readonly beside: Database,
    runtime: Runtime,
  ) {
    const log = runtime.logger('persistence');
    const session = sessionOf(options, {
      search_path: `${options.schema},public`,
      idle_in_transaction_session_timeout: 5_000,
    });
    this.pool = new PrimaryPool(options.url, {
      application_name: `${options.applicationName ?? options.schema}-heavy`,
      ...session.startUp,
      max: HEAVY_POOL_SIZE,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      idleTimeoutMillis: 60_000,
      query_timeout: (options.statementTimeoutMs ?? 15_000) + 5_000,
      keepAlive: true,
      // One connection has one statement at a time (no pipelining): a cancellation can only hit the one that it is meant for.
    });
    this.pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
    this.unitOfWork = new UnitOfWork(new Database(this.pool, runtime.metrics, 'heavy', session.local), log);
  }

  run<T>(waiter: Waiter, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.unitOfWork.run(async (tx) => {
      waiter.signal.throwIfAborted();
      const begun = await tx.first<{ pid: number }>(
        `SELECT pg_backend_pid() AS pid, set_config('statement_timeout', $1, true)`,
        [String(Math.ceil(waiter.remainingMs))],
      );
      return this.whileWanted(waiter.signal, begun?.pid, () => work(tx));
    });
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async whileWanted<T>(signal: AbortSignal, pid: number | undefined, work: () => Promise<T>): Promise<T> {
    let cancelling: Promise<unknown> | undefined;
    const cancel = (): void => {
      // If this fails the statement still ends with its time-out.
      cancelling = this.beside.execute('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal.aborted && error instanceof CallError && signal.reason instanceof Error ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      // Wait for the cancellation first, or it could hit the connection's next statement.
      await cancelling;
    }
  }
}
