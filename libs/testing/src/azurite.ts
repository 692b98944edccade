import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { fetchPackages, type RuntimePackages } from '@perennial/local-runtime';
import {
  CACHE_DIR,
  freePort,
  ManagedProcess,
  ServerUnavailable,
  storeHome,
  StoreServer,
} from '@perennial/local-runtime/servers';

const VERSION = '3.35.0';
const ACCOUNT = 'perennial';
const CONTAINER = 'perennial';
const API_VERSION = '2021-12-02';
const KEY = Buffer.from('a key of the tests, long enough!').toString('base64');
/** Its telemetry and its other databases are four fifths of what it depends on, and nothing of them runs here. */
const PACKAGES: RuntimePackages = {
  packages: [`azurite@${VERSION}`],
  replaced: { applicationinsights: '', mysql2: '', tedious: '', sequelize: 'exports.Model = class {};' },
  bytes: 38_000_000,
};

/**
 * The entry of Azurite, a package of npm that is downloaded once, beside the repository's own packages: it is larger than they need.
 *
 * @throws ServerUnavailable
 */
export async function azuriteEntry(): Promise<string> {
  const dir = join(CACHE_DIR, `azurite-${VERSION}`);
  await fetchPackages(PACKAGES, { dir }).catch((cause: unknown) => {
    throw new ServerUnavailable(`azurite@${VERSION} could not be downloaded`, { cause });
  });
  return join(dir, 'runtime', 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');
}

/** An emulator of Azure Blob Storage, which checks keys and signatures. */
export class AzuriteServer extends StoreServer {
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}/${ACCOUNT}`;
  }

  /** The environment of our services to use it. */
  get env(): Record<string, string> {
    return {
      STORAGE_PROVIDER: 'azure',
      AZURE_STORAGE_ENDPOINT: this.endpoint,
      AZURE_STORAGE_CONTAINER_NAME: CONTAINER,
      AZURE_STORAGE_KEY: KEY,
    };
  }

  protected override async untilReady(): Promise<void> {
    // The first answer is 403, because the request is not signed.
    const answers = (): Promise<boolean> =>
      fetch(this.endpoint).then(
        () => true,
        () => false,
      );
    await this.process.waitUntil(answers, 'it answers');
    await this.makeContainer();
  }

  /** By a request that is signed as Azure wants it. Idempotent. */
  private async makeContainer(): Promise<void> {
    const date = new Date().toUTCString();
    const resource = `/${ACCOUNT}/${ACCOUNT}/${CONTAINER}\nrestype:container`;
    const signed = `PUT${'\n'.repeat(12)}x-ms-date:${date}\nx-ms-version:${API_VERSION}\n${resource}`;
    const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(signed).digest('base64');
    const { ok, status } = await fetch(`${this.endpoint}/${CONTAINER}?restype=container`, {
      method: 'PUT',
      headers: {
        'x-ms-date': date,
        'x-ms-version': API_VERSION,
        authorization: `SharedKey ${ACCOUNT}:${signature}`,
      },
    });
    if (!ok && status !== 409) throw new Error(`the container could not be made: ${status}`);
  }
}

/** Starts an emulator and waits until it answers. @throws ServerUnavailable */
export async function startAzurite(): Promise<AzuriteServer> {
  const entry = await azuriteEntry();
  const home = await storeHome('azurite');
  const port = await freePort();
  const emulator = new ManagedProcess({
    name: 'azurite',
    command: process.execPath,
    args: [
      entry,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', home.dir],
      ...['--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    ],
    cwd: home.dir,
    env: { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` },
    stopSignal: 'SIGKILL',
    stage: 'store',
  });
  const server = new AzuriteServer(emulator, port, home);
  await server.start();
  return server;
}
