import { type Logger, retry } from '@perennial/runtime';
import type { QueryResultRow } from 'pg';
import { CallResults, type OnceKey } from './call-results';
import type { Connection, Database, Queryable, QueryOptions } from './database';
import { isSerializationFailure } from './errors';

/** A transaction in progress. */
export interface Tx extends Queryable {
  /**
   * Runs `work` after the commit, and never after a rollback; in order of registration, before `run` returns. It is lost if the process dies,
   * so necessary work also needs a sweeper. A failure is logged, the result stands.
   */
  afterCommit(work: () => Promise<void> | void): void;
}

export interface TransactionOptions {
  isolation?: 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';
  /**
   * Retries after a serialization failure or a deadlock, at most three attempts. Only for functions without effects outside of the
   * transaction.
   */
  retry?: boolean;
}

const ATTEMPTS = 3;

/** Transactions of the service's database. */
export class UnitOfWork {
  constructor(
    private readonly database: Database,
    private readonly log: Logger,
  ) {}

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. BEGIN travels with the first statement.
   * Statements that do not need each other's result may be sent without waiting. Throws what `work` throws; UNAVAILABLE when the connection
   * broke. If it broke during COMMIT the outcome is unknown, and only a caller with a key (`once`) may retry.
   */
  async run<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const mayRepeat = (error: unknown, attempt: number): boolean =>
      options.retry === true && attempt < ATTEMPTS && isSerializationFailure(error);
    return retry(() => this.attempt(work, options), {
      pauseMs: (error, attempt) => (mayRepeat(error, attempt) ? Math.random() * 20 * attempt : undefined),
    });
  }

  /**
   * An idempotent write: stores the result of `work` with the key in the same transaction and returns it to a second delivery of the key,
   * which waits while the first is running. After a rollback the key is free. The result must survive JSON; no result becomes `null`.
   *
   * @throws CallError IDEMPOTENCY_MISMATCH when the key was used with another request
   */
  async once<T>(key: OnceKey, work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.run(async (tx) => {
      const results = new CallResults(tx);
      const known = await results.claim(key);
      if (known !== undefined) return known.result as T;
      const result = await work(tx);
      // Not awaited: it travels with COMMIT, which reports its failure.
      void results.store(key, result).catch(() => undefined);
      return result;
    }, options);
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions): Promise<T> {
    const { result, hooks } = await this.database.lend(async (connection) => {
      const tx = new Transaction(connection, options.isolation);
      try {
        const value = await work(tx);
        await tx.commit();
        return { result: value, hooks: tx.hooks };
      } catch (error) {
        await tx.rollback();
        throw error;
      }
    });
    for (const hook of hooks) {
      try {
        await hook();
      } catch (error) {
        this.log.error({ err: error }, 'work after commit failed');
      }
    }
    return result;
  }
}

class Transaction implements Tx {
  readonly hooks: (() => Promise<void> | void)[] = [];
  private state: 'new' | 'open' | 'ended' = 'new';
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly isolation: TransactionOptions['isolation'],
  ) {}

  async query<T extends object>(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<T[]> {
    return (await this.send<T & QueryResultRow>(sql, params, options)).rows;
  }

  async first<T extends object>(
    sql: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<T | undefined> {
    return (await this.send<T & QueryResultRow>(sql, params, options)).rows[0];
  }

  async execute(sql: string, params?: readonly unknown[], options?: QueryOptions): Promise<number> {
    return (await this.send(sql, params, options)).rowCount ?? 0;
  }

  afterCommit(work: () => Promise<void> | void): void {
    this.hooks.push(work);
  }

  async commit(): Promise<void> {
    if (this.state === 'new') {
      this.state = 'ended';
      return;
    }
    const { command } = await this.connection.send('COMMIT');
    this.state = 'ended';
    // Postgres answers COMMIT with ROLLBACK when a statement had failed, even if its error was not awaited.
    if (command !== 'COMMIT') throw this.failure?.error ?? new Error('the transaction was rolled back');
  }

  /** Never throws: a connection that cannot roll back is closed, which rolls back as well. */
  async rollback(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'ended';
    if (this.connection.spoilt) return;
    try {
      await this.connection.send('ROLLBACK');
    } catch {
      this.connection.spoil();
    }
  }

  private async send<T extends QueryResultRow>(sql: string, params?: readonly unknown[], options?: QueryOptions) {
    if (this.state === 'ended') throw new Error('the transaction has ended: await every statement within it');
    if (this.state === 'new') {
      this.state = 'open';
      // Not awaited: it is sent together with the next statement. If it fails, so does the statement.
      this.connection.begin(this.isolation).catch((error: unknown) => {
        this.failure ??= { error };
        this.connection.spoil();
      });
    }
    try {
      return await this.connection.send<T>(sql, params, options);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }
}
