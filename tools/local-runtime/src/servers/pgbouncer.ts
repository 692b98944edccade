import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installedProgram } from './on-path';
import { freePort } from './ports';
import { ManagedProcess } from './process';
import { type StoreHome, storeHome, StoreServer } from './store-server';

export interface PgBouncerOptions {
  /** The Postgres behind it, as a connection string. */
  upstream: string;
  /** Connections to Postgres of each user and database (default 2). */
  poolSize?: number;
}

/** The program, or an error that says how to install it. */
export const pgbouncerBinary = (): Promise<string> => installedProgram('pgbouncer', 'pgbouncer');

/** A real PgBouncer in transaction mode. */
export class PgBouncer extends StoreServer {
  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    private readonly upstream: string,
  ) {
    super(process, port, home);
  }

  /** The upstream's connection string, through the pooler. */
  get url(): string {
    const url = new URL(this.upstream);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  protected override async untilReady(): Promise<void> {
    await this.process.waitUntil(() => this.process.output.includes('process up'), 'it is up');
  }
}

/** Starts a PgBouncer in front of a Postgres. */
export async function startPgBouncer({ upstream, poolSize = 2 }: PgBouncerOptions): Promise<PgBouncer> {
  const program = await pgbouncerBinary();
  const home = await storeHome('pgbouncer');
  const { hostname, port: postgresPort, username, password } = new URL(upstream);
  const port = await freePort();
  const [config, users] = [join(home.dir, 'pgbouncer.ini'), join(home.dir, 'users.txt')];
  await writeFile(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
  await writeFile(
    config,
    `[databases]
* = host=${hostname} port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
`,
  );
  const root = process.getuid?.() === 0;
  // It refuses to run as root.
  if (root) for (const file of [home.dir, config, users]) await chown(file, 65534, 65534);
  const server = new PgBouncer(
    new ManagedProcess({
      name: 'pgbouncer',
      command: program,
      args: [config],
      ...(root ? { uid: 65534, gid: 65534 } : {}),
      cwd: home.dir,
      stopSignal: 'SIGINT',
      stage: 'store',
    }),
    port,
    home,
    upstream,
  );
  await server.start();
  return server;
}
