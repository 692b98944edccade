import { performance } from 'node:perf_hooks';
import type { Metrics } from '@perennial/runtime';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { isUnreachable, mapDatabaseError } from './errors';
import { SilenceWatch, type SilenceWatchOptions } from './silence-watch';

export interface QueryOptions {
  /**
   * Prepares the statement under this name once per connection; for hot statements. The name must change with the text. Behind a pooler the
   * name is dropped: its connections change.
   */
  name?: string;
}

/**
 * Runs statements: the pool, or a transaction. Repositories take one, so that they work inside and outside of a unit of work.
 */
export interface Queryable {
  /** @returns the rows. Unqualified table names are the service's own. */
  query<T extends object>(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<T[]>;
  /** @returns the first row, or undefined */
  first<T extends object>(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<T | undefined>;
  /** @returns the number of rows that the statement changed */
  execute(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<number>;
}

interface StatementMetrics {
  observe(seconds: number, outcome: 'ok' | 'error' | 'unreachable'): void;
}

/**
 * The service's database. Each call takes a connection of the pool for one statement (which is its own transaction).
 * Throws CallError UNAVAILABLE (with `retryAfter`) when Postgres cannot be reached or no connection is free in time,
 * DEADLINE_EXCEEDED after `statement_timeout`; other driver errors pass (see `isUniqueViolation`).
 */
export class Database implements Queryable {
  private readonly metrics: StatementMetrics;
  private readonly silence: SilenceWatch | undefined;

  constructor(
    private readonly pool: Pool,
    metrics: Metrics,
    /** Its pool in the metrics. */
    name: 'main' | 'heavy' | 'replica' = 'main',
    /** Statements that go with every BEGIN; then every statement is sent in a transaction. */
    private readonly local?: string,
    /** Who is told when Postgres does not answer this process any more, and when it answers again. */
    silence?: SilenceWatchOptions,
  ) {
    this.silence = silence && new SilenceWatch(silence);
    const durations = metrics.histogram('sql_seconds', 'Duration of SQL statements', ['pool', 'outcome']);
    this.metrics = { observe: (seconds, outcome) => durations.observe({ pool: name, outcome }, seconds) };
    // TypeORM borrows connections too and drops broken ones without a listener; their last error would end the process.
    pool.on('connect', (client) => client.on('error', () => undefined));
    const help = 'Connections to Postgres: open, idle (of those), and waited for by statements';
    metrics.gauge('sql_connections', help, ['pool', 'state'], (gauge) => {
      gauge.set({ pool: name, state: 'open' }, pool.totalCount);
      gauge.set({ pool: name, state: 'idle' }, pool.idleCount);
      gauge.set({ pool: name, state: 'waited_for' }, pool.waitingCount);
    });
    metrics.gauge('sql_pool_size', 'Connections to Postgres that a pool may open', ['pool'], (gauge) =>
      gauge.set({ pool: name }, pool.options.max),
    );
  }

  async query<T extends object>(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<T[]> {
    return (await this.run<T & QueryResultRow>(sql, params, options)).rows;
  }

  async first<T extends object>(
    sql: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<T | undefined> {
    return (await this.run<T & QueryResultRow>(sql, params, options)).rows[0];
  }

  async execute(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<number> {
    return (await this.run(sql, params, options)).rowCount ?? 0;
  }

  /**
   * Lends a connection to a unit of work. A connection that broke, or that `use` left inside a transaction, is closed.
   */
  async lend<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    let client: PoolClient;
    const ended = this.silence?.begin();
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw mapDatabaseError(error);
    } finally {
      // A connection that was open already proves nothing.
      ended?.(false);
    }
    const connection = new Connection(client, this.metrics, this.local, this.silence);
    // The pool does not listen between check-out and release: without a listener a broken connection would end the process.
    const onError = (): void => connection.spoil();
    client.on('error', onError);
    try {
      return await use(connection);
    } finally {
      // A closed connection may still emit errors, so it keeps its listener.
      if (!connection.spoilt) client.off('error', onError);
      client.release(connection.spoilt);
    }
  }

  private run<T extends QueryResultRow>(sql: string, params?: readonly unknown[], options?: QueryOptions) {
    return this.lend((connection) =>
      this.local === undefined
        ? connection.send<T>(sql, params, options)
        : inTransaction(connection, () => connection.send<T>(sql, params, options)),
    );
  }
}

/** One statement between BEGIN and COMMIT, which travel with it. */
async function inTransaction<T>(connection: Connection, statement: () => Promise<T>): Promise<T> {
  const [begun, result, committed] = await Promise.allSettled([
    connection.begin(),
    statement(),
    connection.send('COMMIT'),
  ]);
  if (begun.status === 'rejected') throw begun.reason as Error;
  if (result.status === 'rejected') throw result.reason as Error;
  if (committed.status === 'rejected') throw committed.reason as Error;
  return result.value;
}

/**
 * A lent connection. Statements that are sent without waiting travel together (pg's pipeline mode) and run in order.
 */
export class Connection {
  private isSpoilt = false;

  constructor(
    private readonly client: PoolClient,
    private readonly metrics: StatementMetrics,
    private readonly local?: string,
    private readonly silence?: SilenceWatch,
  ) {}

  get spoilt(): boolean {
    return this.isSpoilt;
  }

  /** Marks the connection to be closed instead of returned to the pool. */
  spoil(): void {
    this.isSpoilt = true;
  }

  /** Begins a transaction, with the settings that the session behind a pooler does not have. */
  async begin(isolation?: string): Promise<void> {
    const begin = isolation === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation}`;
    await this.send(this.local === undefined ? begin : `${begin}; ${this.local}`);
  }

  async send<T extends QueryResultRow>(sql: string, params?: readonly unknown[], options?: QueryOptions) {
    const named = this.local === undefined ? options : undefined;
    const config: QueryConfig<unknown[]> = { text: sql, values: params as unknown[] | undefined, ...named };
    const startedAt = performance.now();
    const ended = this.silence?.begin();
    try {
      const result = await this.client.query<T>(config);
      ended?.(true);
      this.metrics.observe((performance.now() - startedAt) / 1_000, 'ok');
      return result;
    } catch (error) {
      const unreachable = isUnreachable(error);
      ended?.(!unreachable);
      if (unreachable) this.isSpoilt = true;
      this.metrics.observe((performance.now() - startedAt) / 1_000, unreachable ? 'unreachable' : 'error');
      throw mapDatabaseError(error);
    }
  }
}
