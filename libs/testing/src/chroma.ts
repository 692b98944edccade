import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import {
  CACHE_DIR,
  freePort,
  ManagedProcess,
  runToEnd,
  ServerUnavailable,
  type StoreHome,
  storeHome,
  StoreServer,
} from '@perennial/local-runtime/servers';
import { closeGate, openGate } from './gate';

/** The server inside Chroma's npm client. Newer ones need glibc 2.38. Half a gigabyte, so it is not a dependency. */
const PACKAGE = { name: 'chromadb-js-bindings-linux-x64-gnu', version: '1.0.3' };

const TOKEN = 'a-token-of-the-test';

/**
 * Command and first arguments of a Chroma server: `CHROMA_BINARY`, else an npm package, downloaded once into `cacheDir`. PATH is not searched:
 * npm puts the client's `chroma` there, which has no server.
 *
 * @throws ServerUnavailable
 */
export async function chromaCommand(cacheDir = CACHE_DIR): Promise<[command: string, ...args: string[]]> {
  const binary = process.env['CHROMA_BINARY'];
  if (binary) return [binary];
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ServerUnavailable('CHROMA_BINARY is not set, and the package of Chroma is for Linux on x64');
  const directory = join(cacheDir, `${PACKAGE.name}-${PACKAGE.version}`);
  const bindings = join(directory, 'node_modules', PACKAGE.name);
  if (!(await exists(bindings))) await install(cacheDir, directory);
  const start = `require(${JSON.stringify(bindings)}).cli(['chroma', ...process.argv.slice(1)])`;
  return [process.execPath, '-e', start];
}

async function install(cacheDir: string, directory: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.npm-'));
  try {
    await runToEnd({
      name: 'npm',
      command: 'npm',
      args: [
        ...['install', '--prefix', work, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
        `${PACKAGE.name}@${PACKAGE.version}`,
      ],
    });
    await rename(work, directory).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await exists(directory))) throw error;
    });
  } catch (cause) {
    throw new ServerUnavailable(`CHROMA_BINARY is not set, and ${PACKAGE.name} could not be downloaded`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * A real Chroma. Its present version leaves access control to a proxy in front of it, so there is one here: it passes on what carries the
 * token.
 */
export class ChromaServer extends StoreServer {
  readonly token = TOKEN;
  private gate?: Server;

  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    /** Where clients connect. */
    readonly gatePort: number,
  ) {
    super(process, port, home);
  }

  /** The environment of our services to use it. */
  get env(): Record<string, string> {
    return {
      VECTOR_DB: 'chroma',
      CHROMA_HTTP_HOST: '127.0.0.1',
      CHROMA_HTTP_PORT: String(this.gatePort),
      CHROMA_CLIENT_AUTH_CREDENTIALS: this.token,
    };
  }

  override async stop(): Promise<void> {
    await super.stop();
    await closeGate(this.gate);
  }

  protected override async untilReady(): Promise<void> {
    this.gate ??= await openGate({
      ...{ port: this.gatePort, target: this.port, authorization: `Bearer ${this.token}` },
    });
    const heartbeat = `http://127.0.0.1:${this.port}/api/v2/heartbeat`;
    await this.process.waitUntil(async () => (await fetch(heartbeat)).ok, 'it answers');
  }
}

/** Starts a Chroma and waits until it answers. @throws ServerUnavailable */
export async function startChroma(): Promise<ChromaServer> {
  const [command, ...args] = await chromaCommand();
  const home = await storeHome('chroma');
  const [port, gatePort] = [await freePort(), await freePort()];
  const server = new ChromaServer(
    new ManagedProcess({
      name: 'chroma',
      command,
      args: [...args, 'run', '--path', join(home.dir, 'data'), '--host', '127.0.0.1', '--port', String(port)],
      cwd: home.dir,
      stage: 'store',
    }),
    port,
    home,
    gatePort,
  );
  await server.start();
  return server;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
