import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath } from './on-path';
import { freePort } from './ports';
import { ManagedProcess } from './process';
import { ServerUnavailable } from './server-unavailable';
import { storeHome, StoreServer } from './store-server';

export interface QdrantOptions {
  /** Where the data is kept. Without it: a temporary directory that is removed with the server. */
  dir?: string;
  /** The HTTP port; a free one when not given. */
  port?: number;
  /** The API key that every request must carry. */
  apiKey?: string;
  /** Without it the last lines are kept in memory. */
  logFile?: string;
}

/**
 * A Qdrant server: `QDRANT_BINARY`, else `qdrant` on PATH. No package registry has it.
 *
 * @throws ServerUnavailable
 */
export async function qdrantBinary(): Promise<string> {
  const binary = process.env['QDRANT_BINARY'] || (await onPath('qdrant'));
  if (binary) return binary;
  throw new ServerUnavailable('qdrant is not on PATH and QDRANT_BINARY is not set');
}

/** A real Qdrant. */
export class QdrantServer extends StoreServer {
  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected override async untilReady(): Promise<void> {
    await this.process.waitUntil(async () => (await fetch(`${this.url}/readyz`)).ok, 'it is ready');
  }
}

/** Starts a Qdrant and waits until it is ready. @throws ServerUnavailable */
export async function startQdrant(options: QdrantOptions = {}): Promise<QdrantServer> {
  const command = await qdrantBinary();
  const home = await storeHome('qdrant', options.dir);
  const { dir } = home;
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
    home,
  );
  await server.start();
  return server;
}
