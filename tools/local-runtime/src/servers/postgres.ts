import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type PgvectorFiles, pgvectorSettings } from './pgvector';
import { freePort } from './ports';
import { type PostgresBinaries, postgresBinaries, type PostgresUser, postgresUser } from './postgres-binaries';
import { clearStaleLock } from './postgres-lock';
import { ManagedProcess, runToEnd } from './process';
import { type StoreHome, storeHome, StoreServer } from './store-server';

export interface PostgresOptions {
  /** Where the data is kept. Without it: a temporary directory that is removed with the server. */
  dataDir?: string;
  /** A free port when not given. */
  port?: number;
  /** The password of the superuser `postgres`; random when not given. It is set when the data directory is created. */
  password?: string;
  /** The database that `url` names (default `postgres`); created when missing. */
  database?: string;
  /** Server settings, e.g. `{ max_connections: '300' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Makes `CREATE EXTENSION vector` possible (from `pgvectorFiles()`). */
  pgvector?: PgvectorFiles;
  /** Without it the last lines are kept in memory. */
  logFile?: string;
}

/**
 * Tests do not need data to survive a crash of the machine. After `kill -9` Postgres still has every commit (`synchronous_commit` stays on).
 */
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' };

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '64MB',
  shared_preload_libraries: 'pg_stat_statements',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * A real Postgres. `stop` is a fast shutdown: it closes all sessions and writes the data. After `kill` the children of the postmaster end by
 * themselves.
 */
export class PostgresServer extends StoreServer {
  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    private readonly password: string,
    private readonly database: string,
    /** The data directory. */
    readonly dataDir: string,
  ) {
    super(process, port, home);
  }

  /** `postgres://postgres:…@127.0.0.1:PORT/DATABASE` */
  get url(): string {
    return this.urlOf(this.database);
  }

  /** The address of another database of this server. */
  urlOf(database: string): string {
    return `postgres://postgres:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}/${database}`;
  }

  override async start(): Promise<void> {
    await clearStaleLock(this.dataDir);
    await super.start();
  }

  protected override async untilReady(): Promise<void> {
    await this.process.waitUntil(() => accepts(this.urlOf('postgres')), 'it accepts connections', 60_000);
  }

  /** Signals the postmaster and all its sessions. A paused postmaster alone would stop only new connections. */
  protected override async signal(signal: NodeJS.Signals): Promise<void> {
    // Those of a dead postmaster cannot be found any more, and a start would fail while one holds its shared memory.
    const path = `/proc/${this.pid}/task/${this.pid}/children`;
    const children = await readFile(path, 'utf8').catch(() => '');
    await super.signal(signal);
    for (const pid of children.split(' ').filter(Boolean)) {
      try {
        process.kill(Number(pid), signal);
      } catch {
        // A session that ended meanwhile.
      }
    }
  }
}

/** Starts a Postgres with a new or the given data directory and waits until it accepts connections. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { database = 'postgres', password = randomBytes(12).toString('hex') } = options;
  const home = await storeHome('postgres', options.dataDir);
  const { temporary } = home;
  const dataDir = temporary ? join(home.dir, 'data') : home.dir;
  if (temporary && process.getuid?.() === 0) await chown(home.dir, 65534, 65534);
  const binaries = await postgresBinaries();
  await mkdir(join(dataDir, '..'), { recursive: true });
  const { pgvector } = options;
  const user = await postgresUser([binaries.postgres, dataDir, ...(pgvector ? [pgvector.share, pgvector.lib] : [])]);
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(binaries, user, dataDir, password, temporary);

  const port = options.port ?? (await freePort());
  const settings = {
    ...SETTINGS,
    ...(pgvector ? pgvectorSettings(pgvector) : {}),
    ...(temporary ? NOT_DURABLE : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = binaries.postgres, ...args] = [...user.prefix, binaries.postgres];
  const server = new PostgresServer(
    new ManagedProcess({
      name: 'postgres',
      command,
      args: [...args, '-D', dataDir, '-p', String(port), ...flags],
      uid: user.uid,
      gid: user.gid,
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      cleanEnv: true,
      logFile: options.logFile,
      // Fast shutdown. SIGTERM would wait until every session has closed.
      stopSignal: 'SIGINT',
      stage: 'store',
    }),
    port,
    home,
    password,
    database,
    dataDir,
  );
  await server.start();
  if (database !== 'postgres') await createDatabase(server.urlOf('postgres'), database);
  return server;
}

/**
 * Creates the data directory beside its final place and renames it: an interrupted start leaves no incomplete directory.
 */
async function initialise(
  binaries: PostgresBinaries,
  user: PostgresUser,
  dataDir: string,
  password: string,
  temporary: boolean,
): Promise<void> {
  const fresh = `${dataDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const root = process.getuid?.() === 0;
  if (root) {
    await chown(fresh, 65534, 65534);
    await chown(passwordFile, 65534, 65534);
  }
  try {
    const [command = binaries.initdb, ...args] = [...user.prefix, binaries.initdb];
    const flags = [
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--locale=C',
      '--builtin-locale=C.UTF-8',
    ];
    await runToEnd({
      name: 'initdb',
      command,
      args: [
        ...args,
        '-D',
        fresh,
        '-U',
        'postgres',
        `--pwfile=${passwordFile}`,
        ...flags,
        ...(temporary ? ['--no-sync'] : []),
      ],
      uid: user.uid,
      gid: user.gid,
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      cleanEnv: true,
      stage: 'store',
    });
    await rename(fresh, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    // A wrong password is final: do not retry.
    if ((error as { code?: string }).code === '28P01') {
      throw new Error('Postgres rejected the password: this data directory was created with another one', {
        cause: error,
      });
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates a database if it does not exist. `adminUrl` names any database of the server. */
export async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
