import { performance } from 'node:perf_hooks';
import type { Metrics } from '@perennial/runtime';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { isUnreachable, mapDatabaseError } from './errors';

export interface QueryOptions {
  /**
   * Prepares the statement under this name once per connection; for hot statements. The name must change with the text. Not through a pooler
   * in transaction mode that does not support prepared statements.
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

  constructor(
    private readonly pool: Pool,
    metrics: Metrics,
    /** Its pool in the metrics. */
    name: 'main' | 'heavy' = 'main',
  ) {
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
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw mapDatabaseError(error);
    }
    const connection = new Connection(client, this.metrics);
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
    return this.lend((connection) => connection.send<T>(sql, params, options));
  }
}

/**
 * A lent connection. Statements that are sent without waiting travel together (pg's pipeline mode) and run in order.
 */
export class Connection {
  private isSpoilt = false;

  constructor(
    private readonly client: PoolClient,
    private readonly metrics: StatementMetrics,
  ) {}

  get spoilt(): boolean {
    return this.isSpoilt;
  }

  /** Marks the connection to be closed instead of returned to the pool. */
  spoil(): void {
    this.isSpoilt = true;
  }

  async send<T extends QueryResultRow>(sql: string, params?: readonly unknown[], options?: QueryOptions) {
    const config: QueryConfig<unknown[]> = { text: sql, values: params as unknown[] | undefined, ...options };
    const startedAt = performance.now();
    try {
      const result = await this.client.query<T>(config);
      this.metrics.observe((performance.now() - startedAt) / 1_000, 'ok');
      return result;
    } catch (error) {
      const unreachable = isUnreachable(error);
      if (unreachable) this.isSpoilt = true;
      this.metrics.observe((performance.now() - startedAt) / 1_000, unreachable ? 'unreachable' : 'error');
      throw mapDatabaseError(error);
    }
  }
}
