import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  ManagedProcess,
  onPath,
  ServerUnavailable,
  type StoreHome,
  storeHome,
  StoreServer,
} from '@perennial/local-runtime/servers';

export interface QdrantOptions {
  /** Where the data is kept. Without it: a temporary directory that is removed with the server. */
  dir?: string;
  /** The HTTP port; a free one when not given. */
  port?: number;
  /** The API key that every request must carry. */
  apiKey?: string;
  /** Without it the last lines are kept in memory. */
  logFile?: string;
  /** Makes it a node of a cluster: the first, or one that joins the given one. */
  cluster?: 'first' | QdrantServer;
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
  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    /** Where the nodes of its cluster reach it. */
    readonly peerUrl: string,
  ) {
    super(process, port, home);
  }

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
  const { cluster } = options;
  const port = options.port ?? (await freePort());
  const peerPort = await freePort();
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const joining = cluster === undefined || cluster === 'first' ? [] : ['--bootstrap', cluster.peerUrl];
  const server = new QdrantServer(
    new ManagedProcess({
      name: 'qdrant',
      command,
      args: ['--disable-telemetry', ...(cluster === undefined ? [] : ['--uri', peerUrl, ...joining])],
      cwd: dir,
      env: {
        QDRANT__SERVICE__HOST: '127.0.0.1',
        QDRANT__SERVICE__HTTP_PORT: String(port),
        QDRANT__SERVICE__GRPC_PORT: String(await freePort()),
        QDRANT__SERVICE__API_KEY: options.apiKey,
        QDRANT__STORAGE__STORAGE_PATH: join(dir, 'storage'),
        QDRANT__STORAGE__SNAPSHOTS_PATH: join(dir, 'snapshots'),
        QDRANT__LOG_LEVEL: 'WARN',
        ...(cluster === undefined
          ? {}
          : { QDRANT__CLUSTER__ENABLED: 'true', QDRANT__CLUSTER__P2P__PORT: String(peerPort) }),
      },
      logFile: options.logFile,
      stage: 'store',
    }),
    port,
    home,
    peerUrl,
  );
  await server.start();
  return server;
}
