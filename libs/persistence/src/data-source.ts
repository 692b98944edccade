import { Socket } from 'node:net';
import { coalesceWrites, databaseServers, jittered, type Logger, retry } from '@perennial/runtime';
import pg, { type Client, type PoolConfig } from 'pg';
import { DataSource, type EntitySchema, type MixedList } from 'typeorm';
import { isUnreachable } from './errors';
import type { MigrationClass } from './migration';
import { pendingMigrations, underMigrationLock, wantedMigrations } from './migration-lock';
import { PrimaryPool } from './primary-pool';
import { direct, type Session, sessionOf } from './session-settings';
import { TypeOrmPinoLogger } from './typeorm-logger';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`; several servers as `host:port,host:port`. */
  url: string;
  /** The service's own schema, created by the first start; first on the search path of every connection. */
  schema: string;
  /** `url` leads to a pooler in transaction mode; then `directUrl` must be given. */
  pooler?: 'transaction';
  /** The same database for sessions that outlive a transaction; `url` by default. */
  directUrl?: string;
  /** Replicas that `ReplicaReads` may use. */
  replicaUrls?: readonly string[];
  migrations: readonly MigrationClass[];
  /** False: another process migrates (`perennial migrate`), and this one waits until it has. True by default. */
  migrate?: boolean;
  /** True: contract migrations are applied too, which only an operator asks for. */
  contract?: boolean;
  /** Classes for TypeORM's repositories, if the service uses them. */
  entities?: MixedList<string | EntitySchema | (new () => object)>;
  /** Connections that this process may hold; 10 by default. */
  poolSize?: number;
  /**
   * Plans a statement without its parameters, a named one once per connection instead of for each of its first calls, and compiles nothing.
   * For short statements by key, whose plan is always the same. Heavy reads are planned with their parameters.
   */
  genericPlans?: boolean;
  /** Milliseconds after which Postgres ends a statement; 15,000 by default. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection, new or from the pool; 5,000 by default. */
  connectTimeoutMs?: number;
  /** Milliseconds to wait while another replica migrates; 120,000 by default. */
  migrationWaitMs?: number;
  /** Name of this process in pg_stat_activity. */
  applicationName?: string;
}

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 15_000;
/** An index of a large table takes hours. */
const MIGRATION_TIMEOUT_MS = 86_400_000;
const GENERIC_PLANS = { plan_cache_mode: 'force_generic_plan', jit: 'off' };
/** Errors that a retry does not fix: wrong password, no such role. */
const HOPELESS = new Set(['28P01', '28000']);

/** The schema lacks migrations that this process may not apply. */
class SchemaBehind extends Error {
  constructor(readonly pending: string[]) {
    super('the schema lacks migrations');
  }
}

/**
 * Connects, migrates, and returns the data source. While the database is away it retries with back-off, one log line per try; so it does
 * with `migrate: false` while migrations are missing.
 *
 * @throws when the password is wrong, a migration fails, or another replica migrates for longer than `migrationWaitMs`
 */
export async function openDataSource(options: DatabaseOptions, log: Logger, signal?: AbortSignal): Promise<DataSource> {
  if (!/^[a-z_][a-z0-9_]*$/.test(options.schema)) throw new Error(`"${options.schema}" cannot be a schema name`);
  if (options.pooler !== undefined && options.directUrl === undefined)
    throw new Error('DATABASE_POOLER needs DATABASE_DIRECT_URL: migrations need a session of their own');
  return whenReachable(() => connectAndMigrate(options, log), log, signal);
}

/**
 * Repeats `work` with back-off while the database is away, a table is locked or migrations of another process are missing; one log line per
 * try.
 *
 * @throws any other error of `work`
 */
export async function whenReachable<T>(work: () => Promise<T>, log: Logger, signal?: AbortSignal): Promise<T> {
  const pauseMs = (error: unknown, attempt: number): number | undefined => {
    const code = (error as { code?: string }).code;
    const lockedTable = code === '55P03';
    if (isPoolerRefusal(error)) return undefined;
    const isBehind = error instanceof SchemaBehind;
    if (!isUnreachable(error) && code !== '3D000' && !lockedTable && !isBehind) return undefined;
    const wait = jittered(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1)));
    const fields = { code, attempt, retry_in_ms: Math.round(wait) };
    if (isBehind) log.warn({ ...fields, pending: error.pending }, 'waiting until another process has migrated');
    else {
      const reason = lockedTable ? 'a table to be migrated is locked' : 'the database cannot be reached';
      log.warn({ ...fields, err: error }, `${reason}, retrying`);
    }
    return wait;
  };
  try {
    return await retry(work, { pauseMs, signal });
  } catch (error) {
    if (isPoolerRefusal(error))
      throw new Error(
        'DATABASE_URL leads to a pooler: set DATABASE_POOLER=transaction, and DATABASE_DIRECT_URL to the address of Postgres itself',
        { cause: error },
      );
    if (!HOPELESS.has((error as { code?: string }).code ?? '')) throw error;
    throw new Error('Postgres refused the user or password of DATABASE_URL', { cause: error });
  }
}

/**
 * Applies what a schema lacks, once however many processes do so together, and closes its connections.
 *
 * @returns the names of the migrations that were missing, oldest first
 * @throws as `openDataSource`, and at once when the database cannot be reached
 */
export async function migrateSchema(options: DatabaseOptions, log: Logger): Promise<string[]> {
  const session = direct(options);
  const pending = await pendingMigrations(session);
  if (pending.length > 0) await (await openDataSource({ ...session, migrate: true, poolSize: 1 }, log)).destroy();
  return pending;
}

/** PgBouncer does not know the options with which a session starts. */
function isPoolerRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('unsupported startup parameter');
}

const pools = new WeakMap<DataSource, PrimaryPool>();

/** The pg pool under a connected TypeORM data source: hand-written SQL and repositories share its connections. */
export function poolFrom(dataSource: DataSource): PrimaryPool {
  const pool = pools.get(dataSource);
  if (pool === undefined) throw new Error('the data source is not connected');
  return pool;
}

async function connectAndMigrate(options: DatabaseOptions, log: Logger): Promise<DataSource> {
  // A database that is up to date (any start but a version's first) is not locked at all.
  const session = direct(options);
  const pending = await pendingMigrations(session);
  if (pending.length > 0) {
    if (options.migrate === false) throw new SchemaBehind(pending);
    await underMigrationLock(session, log, (client) => migrate(client, session, log));
  }
  return createDataSource(options, log).initialize();
}

/** On connections of its own: the service's may lead to a pooler. */
async function migrate(client: Client, session: DatabaseOptions, log: Logger): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS "${session.schema}"`);
  const options = { ...session, poolSize: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS };
  const dataSource = await createDataSource(options, log).initialize();
  try {
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    for (const { name } of applied) log.info({ migration: name, schema: session.schema }, 'migrated');
  } finally {
    await dataSource.destroy().catch(() => undefined);
  }
}

/**
 * A process that is stopped inside a transaction keeps its locks for this long. It is less than half the deadline of a call, so that whoever waits
 * for the locks is still answered in time, also behind a second one of that process.
 */
const SILENT_TRANSACTION_MS = 2_000;

function createDataSource(options: DatabaseOptions, log: Logger): DataSource {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const session = mainSession(options);
  // TypeORM makes its pool itself and does not hand it out; its `driver` option lets us see the pool being made.
  class SharedPool extends PrimaryPool {
    constructor(config: PoolConfig) {
      super(options.url, config, log);
      pools.set(dataSource, this);
    }
  }
  const dataSource = new DataSource({
    type: 'postgres',
    driver: { ...pg, Pool: SharedPool },
    // For TypeORM's own checks; the pool finds the server.
    url: databaseServers(options.url).urls[0],
    schema: options.schema,
    applicationName: options.applicationName ?? `perennial-${options.schema}`,
    entities: options.entities ?? [],
    migrations: wantedMigrations(options),
    migrationsTableName: 'migrations',
    synchronize: false,
    logger: new TypeOrmPinoLogger(log),
    installExtensions: false,
    connectTimeoutMS: options.connectTimeoutMs ?? 5_000,
    poolSize: options.poolSize ?? 10,
    // An idle connection that breaks (Postgres restarted) is removed from the pool; the next statement opens another.
    poolErrorHandler: (error: Error) => log.warn({ err: error }, 'an idle database connection broke'),
    extra: {
      ...session.startUp,
      // For a server that does not answer at all, not even with a statement time-out.
      query_timeout: statementTimeoutMs + 5_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      pipeline: true,
      // BEGIN and the statements after it travel together.
      stream: () => coalesceWrites(new Socket()),
    },
  });
  return dataSource;
}

/** The session in which a service's statements run. */
export function mainSession(options: DatabaseOptions): Session {
  return sessionOf(options, {
    search_path: `${options.schema},public`,
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: SILENT_TRANSACTION_MS,
    ...(options.genericPlans === true ? GENERIC_PLANS : {}),
  });
}
