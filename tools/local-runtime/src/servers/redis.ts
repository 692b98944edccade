import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports';
import { ManagedProcess } from './process';
import { redisBinary } from './redis-binary';
import { type StoreHome, storeHome, StoreServer } from './store-server';

export interface RedisOptions {
  /** Where its configuration and data are kept. Without it: a temporary directory that is removed with the server. */
  dir?: string;
  /** A free port when not given. */
  port?: number;
  /** No password when not given. */
  password?: string;
  /** Keeps its data over a restart (append-only file, fsync each second). Default: a restart loses everything. */
  persistent?: boolean;
  /** Lines of redis.conf, e.g. `{ 'appendfsync': 'always' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Runs as a sentinel with these lines of sentinel.conf (without the word `sentinel`); it has no data and no password. */
  asSentinel?: Readonly<Record<string, string>>;
  logFile?: string;
  /** The server's program; `redisBinary` finds one when not given. */
  binary?: string;
  /** Where a downloaded server binary is kept. */
  cacheDir?: string;
}

/** A real Redis (or Valkey). */
export class RedisServer extends StoreServer {
  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    private readonly password: string | undefined,
  ) {
    super(process, port, home);
  }

  /** `redis://[:PASSWORD@]127.0.0.1:PORT` */
  get url(): string {
    const login = this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`;
    return `redis://${login}127.0.0.1:${this.port}`;
  }

  /** `kill -9`, deletes all data, and starts again on the same port, as a Redis without persistence would. */
  async restartEmpty(): Promise<void> {
    if (this.process.running) await this.kill();
    const { dir } = this.home;
    for (const name of await readdir(dir)) {
      if (name !== 'redis.conf') await rm(join(dir, name), { recursive: true, force: true });
    }
    await this.start();
  }

  protected override async untilReady(): Promise<void> {
    await this.process.waitUntil(() => answers(this.port, this.password), 'it answers PING');
  }
}

/** Starts a Redis and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const home = await storeHome('redis', options.dir);
  const { dir } = home;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const command = options.binary ?? (await redisBinary(options.cacheDir));
  const port = options.port ?? (await freePort());
  const { asSentinel } = options;
  const place = { bind: '127.0.0.1', port: String(port), dir: JSON.stringify(dir), daemonize: 'no' };
  const data: Record<string, string> = {
    save: '""',
    appendonly: options.persistent ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    'repl-diskless-sync-delay': '0',
    ...(options.password === undefined ? {} : { requirepass: JSON.stringify(options.password) }),
  };
  const watched = Object.entries(asSentinel ?? {}).map(([name, value]) => [`sentinel ${name}`, value]);
  const settings = { ...place, ...(asSentinel ? Object.fromEntries(watched) : data), ...options.settings };
  // A file and not arguments: every user of the machine can read a process's arguments, and the password would be among them.
  const file = join(dir, 'redis.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  const server = new RedisServer(
    new ManagedProcess({
      name: 'redis',
      command,
      args: asSentinel ? [file, '--sentinel'] : [file],
      cwd: dir,
      logFile: options.logFile,
      stage: 'store',
    }),
    port,
    home,
    options.password,
  );
  await server.start();
  return server;
}

/** A random password that needs no escaping in a URL. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** PING over a plain socket: false while the server loads its data or does not listen yet. */
function answers(port: number, password: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    let text = '';
    const end = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => {
      const auth =
        password === undefined ? '' : `*2\r\n$4\r\nAUTH\r\n$${Buffer.byteLength(password)}\r\n${password}\r\n`;
      socket.write(`${auth}*1\r\n$4\r\nPING\r\n`);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('+PONG')) end(true);
      else if (/-(LOADING|WRONGPASS|NOAUTH|ERR)/.test(text)) end(false);
    });
  });
}
