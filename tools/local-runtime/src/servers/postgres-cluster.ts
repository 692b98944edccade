import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './ports';
import { createDatabase, type PostgresServer, startPostgres } from './postgres';
import { runToEnd } from './process';
import { type StoreHome, storeHome } from './store-server';
import { waitFor } from './wait';

export interface PostgresClusterOptions {
  /** Number of standbys (default 2). */
  standbys?: number;
  /** Each commit waits until one standby has it: `synchronous_standby_names = 'ANY 1 (…)'`. Default false. */
  synchronous?: boolean;
  /** The database that `url` names; created when missing. */
  database?: string;
  /** Settings of all servers. */
  settings?: Readonly<Record<string, string>>;
}

/** A standby on a busy machine answers late. */
const CONNECT_MS = 20_000;

const SETTINGS = {
  // The data is temporary: it must survive the death of a process, not of the machine.
  fsync: 'off',
  full_page_writes: 'off',
  hot_standby_feedback: 'on',
  wal_keep_size: '512MB',
  wal_receiver_timeout: '5s',
  wal_retrieve_retry_interval: '100ms',
};

/** A standby that has become the primary. */
export interface Promotion {
  server: PostgresServer;
  /** When the last commit that it has was made (epoch milliseconds): later ones are lost. */
  lastCommitAt: number;
}

export interface Failover extends Promotion {
  dead: PostgresServer;
  /** When the dead primary could acknowledge nothing any more (epoch milliseconds). */
  deadAt: number;
}

/** A primary and its streaming standbys, as real servers on ports that they keep. */
export class PostgresCluster {
  private primaryIndex = 0;

  private constructor(
    private readonly home: StoreHome,
    private readonly servers: PostgresServer[],
    private readonly options: PostgresClusterOptions & { password: string },
  ) {}

  static async start(options: PostgresClusterOptions = {}): Promise<PostgresCluster> {
    const { standbys = 2, database } = options;
    const home = await storeHome('postgres-cluster');
    if (process.getuid?.() === 0) await chown(home.dir, 65534, 65534);
    const password = randomBytes(12).toString('hex');
    const cluster = new PostgresCluster(home, [], { ...options, password });
    cluster.servers.push(await cluster.startServer(0, await freePort()));
    if (database !== undefined) await createDatabase(cluster.primary.urlOf('postgres'), database);
    const ports = await Promise.all(Array.from({ length: standbys }, () => freePort()));
    for (const [i, port] of ports.entries()) {
      await cluster.copyPrimary(i + 1);
      cluster.servers.push(await cluster.startServer(i + 1, port));
      await cluster.streaming(i + 1);
    }
    if (options.synchronous === true) await cluster.demandSynchrony();
    return cluster;
  }

  get primary(): PostgresServer {
    return this.servers[this.primaryIndex]!;
  }

  get standbys(): PostgresServer[] {
    return this.servers.filter((_, i) => i !== this.primaryIndex);
  }

  /** All servers in one connection string, in an order that does not depend on which one is the primary. */
  get url(): string {
    return this.urlOf(this.options.database ?? 'postgres');
  }

  urlOf(database: string): string {
    const hosts = this.servers.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `postgres://postgres:${this.options.password}@${hosts}/${database}`;
  }

  /** `kill -9` of the primary. */
  async killPrimary(): Promise<PostgresServer> {
    const { primary } = this;
    await primary.kill();
    return primary;
  }

  /**
   * Makes a standby the primary: the one that has received most, so that a commit that waited for a standby is not lost. The others follow it.
   */
  async promote(): Promise<Promotion> {
    const candidates = this.servers.flatMap((server, i) =>
      i !== this.primaryIndex && server.process.running ? [{ server, i }] : [],
    );
    const received = await Promise.all(
      candidates.map(async ({ server, i }) => {
        const [row] = await statement(server, `SELECT (pg_last_wal_receive_lsn() - '0/0')::float8 AS at`);
        return { server, i, at: Number(row?.['at']) };
      }),
    );
    const [next] = received.sort((a, b) => b.at - a.at);
    if (next === undefined) throw new Error('no standby is left');
    await statement(next.server, 'SELECT pg_promote(true, 30)');
    this.primaryIndex = next.i;
    for (const { server, i } of candidates) if (i !== next.i) await this.follow(server, i);
    const [row] = await statement(
      next.server,
      'SELECT extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000 AS at',
    );
    return { server: next.server, lastCommitAt: Number(row?.['at']) };
  }

  /** The standby receives nothing any more: commits that are acknowledged from now on are lost by its promotion. */
  async cutOff(standby: PostgresServer): Promise<void> {
    await statement(standby, `ALTER SYSTEM SET primary_conninfo = ''`);
    await statement(standby, 'SELECT pg_reload_conf()');
    await waitFor(async () => (await statement(standby, 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0, {
      what: 'the standby to receive nothing',
    });
  }

  /** The primary dies and a standby takes its place. */
  async failover(): Promise<Failover> {
    const dead = await this.killPrimary();
    const deadAt = Date.now();
    return { dead, deadAt, ...(await this.promote()) };
  }

  /** Throws the data of a stopped former primary away and makes it a standby of the present one. */
  async rejoin(server: PostgresServer): Promise<void> {
    const i = this.servers.indexOf(server);
    if (server.process.running) await server.kill();
    await rm(this.dataDir(i), { recursive: true, force: true });
    await this.copyPrimary(i);
    await server.start();
    await this.streaming(i);
  }

  /** One statement on one server, as superuser, in the database that `url` names. */
  async run(server: PostgresServer, text: string): Promise<Record<string, unknown>[]> {
    return statement(server, text, this.options.database);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => (server.process.running ? server.kill() : undefined)));
    await rm(this.home.dir, { recursive: true, force: true });
  }

  private startServer(i: number, port: number): Promise<PostgresServer> {
    const { password, settings } = this.options;
    return startPostgres({
      dataDir: this.dataDir(i),
      port,
      password,
      settings: { ...SETTINGS, ...settings },
    });
  }

  private dataDir(i: number): string {
    return join(this.home.dir, nameOf(i));
  }

  /** Copies the data directory of the running primary, as `pg_basebackup` does, which the package of the server lacks. */
  private async copyPrimary(i: number): Promise<void> {
    const { primary } = this;
    const target = this.dataDir(i);
    const client = await connect(primary);
    try {
      await client.query(`SELECT pg_backup_start('standby', true)`);
      await mkdir(target, { recursive: true });
      await runToEnd({
        name: 'copy of the data directory',
        command: 'sh',
        // Files may be removed meanwhile: recovery replays what became of them.
        args: [
          '-c',
          'cd "$1" && tar --exclude=postmaster.* --exclude=./pg_replslot/* -cf - . | tar -C "$2" -xpf - || true',
          'sh',
          primary.dataDir,
          target,
        ],
      });
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
      const { uid, gid } = await stat(join(target, 'PG_VERSION'));
      const write = async (name: string, text: string): Promise<void> => {
        await writeFile(join(target, name), text, { mode: 0o600 });
        await chown(join(target, name), uid, gid);
      };
      await chown(target, uid, gid);
      await write('backup_label', rows[0]!.labelfile);
      await write('standby.signal', '');
      const synchronous = this.options.synchronous === true ? `synchronous_standby_names = '${this.anyOne()}'\n` : '';
      await write('postgresql.auto.conf', `primary_conninfo = '${this.conninfo(i)}'\n${synchronous}`);
    } finally {
      await client.end();
    }
  }

  private async follow(server: PostgresServer, i: number): Promise<void> {
    await statement(server, `ALTER SYSTEM SET primary_conninfo = '${this.conninfo(i)}'`);
    await statement(server, 'SELECT pg_reload_conf()');
  }

  private async demandSynchrony(): Promise<void> {
    await statement(this.primary, `ALTER SYSTEM SET synchronous_standby_names = '${this.anyOne()}'`);
    await statement(this.primary, 'SELECT pg_reload_conf()');
    await waitFor(
      async () =>
        (await statement(this.primary, 'SHOW synchronous_standby_names'))[0]?.['synchronous_standby_names'] !== '',
      { what: 'commits to wait for a standby' },
    );
  }

  private async streaming(i: number): Promise<void> {
    const text = `SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND application_name = '${nameOf(i)}'`;
    await waitFor(async () => (await statement(this.primary, text)).length > 0, {
      timeoutMs: 30_000,
      what: `${nameOf(i)} to stream`,
    });
  }

  private conninfo(i: number): string {
    return `host=127.0.0.1 port=${this.primary.port} user=postgres password=${this.options.password} application_name=${nameOf(i)}`;
  }

  private anyOne(): string {
    const names = Array.from({ length: (this.options.standbys ?? 2) + 1 }, (_, i) => nameOf(i));
    return `ANY 1 (${names.join(', ')})`;
  }
}

/** Starts a primary and its standbys; resolves when they stream. */
export function startPostgresCluster(options?: PostgresClusterOptions): Promise<PostgresCluster> {
  return PostgresCluster.start(options);
}

const nameOf = (i: number): string => `server_${i}`;

async function connect(server: PostgresServer, database = 'postgres'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.urlOf(database), connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function statement(server: PostgresServer, text: string, database?: string): Promise<Record<string, unknown>[]> {
  const client = await connect(server, database);
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
