import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guardDirectory } from './guard';
import { onPath } from './on-path';
import { freePort, waitForFreePort } from './ports';
import { ManagedProcess } from './process';
import { ServerUnavailable } from './server-unavailable';

export interface QdrantOptions {
  /** Where the data stays; without it a temporary directory that goes with the server. */
  dir?: string;
  /** Of HTTP; a free one when not given. */
  port?: number;
  /** Every request must carry it. */
  apiKey?: string;
  /** Without a file the last lines are kept in memory. */
  logFile?: string;
}

/**
 * A Qdrant server: `QDRANT_BINARY`, else `qdrant` on PATH. No registry carries it.
 * @throws ServerUnavailable
 */
export async function qdrantBinary(): Promise<string> {
  const binary = process.env['QDRANT_BINARY'] || (await onPath('qdrant'));
  if (binary) return binary;
  throw new ServerUnavailable('there is no qdrant on PATH, and QDRANT_BINARY names none');
}

/** A real Qdrant on the loopback address. */
export class QdrantServer {
  constructor(
    readonly process: ManagedProcess,
    readonly port: number,
    private readonly dir: string,
    private readonly temporary: boolean,
  ) {}

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await waitForFreePort(this.port);
    if (this.temporary) await rm(this.dir, { recursive: true, force: true });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.process.kill();
    await waitForFreePort(this.port);
  }

  /** Starts the stopped server and waits until it is ready. Same port, same data. */
  async start(): Promise<void> {
    this.process.start();
    await this.process.waitUntil(async () => (await fetch(`${this.url}/readyz`)).ok, 'it is ready');
  }

  /** SIGSTOP: it takes connections and answers nothing. */
  pause(): void {
    this.process.pause();
  }

  cont(): void {
    this.process.cont();
  }
}

/** Starts a Qdrant and waits until it is ready. @throws ServerUnavailable */
export async function startQdrant(options: QdrantOptions = {}): Promise<QdrantServer> {
  const command = await qdrantBinary();
  const temporary = options.dir === undefined;
  const dir = options.dir === undefined ? await mkdtemp(join(tmpdir(), 'perennial-qdrant-')) : resolve(options.dir);
  if (temporary) guardDirectory(dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const port = options.port ?? (await freePort());
  const server = new QdrantServer(
    new ManagedProcess({
      name: 'qdrant',
      command,
      args: ['--disable-telemetry'],
      cwd: dir,
      env: {
        QDRANT__SERVICE__HOST: '127.0.0.1',
        QDRANT__SERVICE__HTTP_PORT: String(port),
        QDRANT__SERVICE__GRPC_PORT: String(await freePort()),
        QDRANT__SERVICE__API_KEY: options.apiKey,
        QDRANT__STORAGE__STORAGE_PATH: join(dir, 'storage'),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(dir, 'snapshots'),
        QDRANT__LOG_LEVEL: 'WARN',
      },
      logFile: options.logFile,
      stage: 'store',
    }),
    port,
    dir,
    temporary,
  );
  await server.start();
  return server;
}
