import { PrimaryPool } from '@perennial/persistence';
import type pg from 'pg';
import { postgresError } from './errors';

export interface DatabaseConfig {
  url: string;
  poolSize: number;
}

export interface StatementOptions {
  /** Ends the statement in the server, in milliseconds. */
  timeoutMs: number;
  /** For the names in errors. */
  collection?: string;
  /** Server settings for this transaction only, so that a pooler in between does not matter. */
  settings?: Readonly<Record<string, string | number>>;
}

export type Row = Record<string, unknown>;

/**
 * A pool of our own, apart from that of the service's tables: searches and other statements must not wait for each other.
 */
export class VectorDatabase {
  private readonly pool: pg.Pool;

  constructor({ url, poolSize }: DatabaseConfig) {
    this.pool = new PrimaryPool(url, {
      max: poolSize,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      allowExitOnIdle: true,
      application_name: 'perennial-vectors',
    });
    // The next call replaces a connection that ends while idle.
    this.pool.on('error', () => undefined);
    // A connection that ends while it is lent fails its next statement; without a listener its error would end the process.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One statement in a transaction of its own. @throws VectorStoreError */
  run(text: string, values: readonly unknown[], options: StatementOptions): Promise<Row[]> {
    return this.transaction(options, (query) => query(text, values));
  }

  /** @throws VectorStoreError */
  async transaction<T>(
    { timeoutMs, collection, settings = {} }: StatementOptions,
    work: (query: (text: string, values?: readonly unknown[]) => Promise<Row[]>) => Promise<T>,
  ): Promise<T> {
    let client: pg.PoolClient | undefined;
    let broken: Error | undefined;
    try {
      client = await this.pool.connect();
      const connection = client;
      // A hanging server would hold the connection: the client times out a little later than the server would.
      const query = async (text: string, values: readonly unknown[] = []): Promise<Row[]> => {
        const answer = await connection.query<Row>({ text, values: [...values], ...clientTimeout(timeoutMs + 1_000) });
        return answer.rows;
      };
      const local = Object.entries({ statement_timeout: timeoutMs, ...settings });
      await query(['BEGIN', ...local.map(([name, value]) => `SET LOCAL ${name} = ${value}`)].join('; '));
      const result = await work(query);
      await query('COMMIT');
      return result;
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      throw postgresError(error, collection);
    } finally {
      // After a failure the state of the connection is unknown.
      client?.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** pg reads it from a query's configuration, but its types lack it. */
const clientTimeout = (ms: number): object => ({ query_timeout: ms });
