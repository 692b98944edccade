import { CallError } from '@perennial/contracts-kernel';
import type { Metrics, Runtime } from '@perennial/runtime';
import type { Pool } from 'pg';
import type { DatabaseOptions } from './data-source';
import { Database, type Queryable } from './database';
import { PrimaryPool } from './primary-pool';
import { UnitOfWork } from './unit-of-work';
import { UserTurns } from './user-turns';

/** Connections of one process for reads whose cost depends on how much a user has. */
const POOL_SIZE = 4;

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
  private readonly unitOfWork: UnitOfWork;
  private readonly turns = new UserTurns({ running: 2, waiting: 4 });

  private constructor(
    private readonly pool: Pool,
    /** Sends the cancellations: all connections of the reads may be busy. */
    private readonly main: Database,
    runtime: Runtime,
  ) {
    const metrics: Metrics = runtime.metrics;
    this.unitOfWork = new UnitOfWork(new Database(pool, metrics, 'heavy'), runtime.logger('persistence'));
  }

  static open(options: DatabaseOptions, main: Database, runtime: Runtime): HeavyReads {
    const log = runtime.logger('persistence');
    const pool = new PrimaryPool(options.url, {
      application_name: `${options.applicationName ?? options.schema}-heavy`,
      options: `-c search_path=${options.schema},public`,
      max: POOL_SIZE,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      idleTimeoutMillis: 60_000,
      idle_in_transaction_session_timeout: 5_000,
      query_timeout: (options.statementTimeoutMs ?? 15_000) + 5_000,
      keepAlive: true,
      // One connection has one statement at a time (no pipelining): a cancellation can only hit the one that it is meant for.
    });
    pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
    return new HeavyReads(pool, main, runtime);
  }

  /**
   * Runs `work` in a transaction of its own.
   *
   * @throws CallError RESOURCE_EXHAUSTED when too many reads of this user wait already, DEADLINE_EXCEEDED or the signal's reason when the caller's
   * time ends first, UNAVAILABLE as `Database`
   */
  async run<T>(userId: string, waiter: Waiter, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.turns.take(userId, waiter.signal, () =>
      this.unitOfWork.run(async (tx) => {
        waiter.signal.throwIfAborted();
        const begun = await tx.first<{ pid: number }>(
          `SELECT pg_backend_pid() AS pid, set_config('statement_timeout', $1, true)`,
          [String(Math.ceil(waiter.remainingMs))],
        );
        return this.whileWanted(waiter.signal, begun?.pid, () => work(tx));
      }),
    );
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async whileWanted<T>(signal: AbortSignal, pid: number | undefined, work: () => Promise<T>): Promise<T> {
    let cancelling: Promise<unknown> | undefined;
    const cancel = (): void => {
      // If this fails the statement still ends with its time-out.
      cancelling = this.main.execute('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined);
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
