import { access, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  freePort,
  fromWheel,
  ManagedProcess,
  onPath,
  runToEnd,
  ServerUnavailable,
  type StoreHome,
  storeHome,
  StoreServer,
} from '@perennial/local-runtime/servers';

/** The wheel with Milvus, its libraries (packed by LZMA) and a template of its configuration. */
const WHEEL = {
  requirement: 'milvus==2.3.5',
  async find(directory: string): Promise<string | undefined> {
    const packed = join(directory, 'milvus', 'data', 'bin', 'milvus.lzma');
    return (await exists(packed)) ? directory : undefined;
  },
};

const USER = 'root:Milvus';

/** By default it acts on new collections and on writes after up to a second; a test would wait for that hundreds of times. */
const QUICK = {
  'proxy.timeTickInterval': 20,
  'queryCoord.checkInterval': 50,
  'queryCoord.distPullInterval': 50,
  // It ends itself when it was silent for so long, and one that is started again after a kill waits for it.
  'common.session.ttl': 12,
  // Its log would be larger than the data.
  'log.level': 'error',
};

/** Milvus's own preparation: unpacks the program (only what is not there), and writes the configuration. */
const PREPARE = `
import json, sys
import milvus
directory, binaries, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
milvus._initialize_data_files(binaries)
if directory:
    config = milvus.MilvusServerConfig(data_dir=directory)
    config.resolve_storage()
    for key, value in settings.items():
        config.set(key, value)
        if key.endswith('_port'):
            config.configs[key] = value
    config.resolve()
`;

/**
 * A directory with the wheel's Python module and, below `unpacked/bin`, the program.
 *
 * @throws ServerUnavailable
 */
export async function milvusFiles(cacheDir?: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ServerUnavailable('the wheel of Milvus is for Linux on x64 only');
  try {
    const wheel = await fromWheel(WHEEL, cacheDir);
    const unpacked = join(wheel, 'unpacked');
    if (await exists(unpacked)) return wheel;
    // Beside its place, then renamed: another test process may be doing the same.
    const work = await mkdtemp(join(wheel, '.unpacking-'));
    try {
      await prepare(wheel, '', work, {});
      await rename(work, unpacked).catch(async (error: unknown) => {
        if (!(await exists(unpacked))) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return wheel;
  } catch (cause) {
    throw new ServerUnavailable(`Milvus could not be prepared (${WHEEL.requirement})`, { cause });
  }
}

/** A real Milvus in one process, with its access control on. */
export class MilvusServer extends StoreServer {
  /** Of its only user. */
  readonly token = USER;

  constructor(
    process: ManagedProcess,
    port: number,
    home: StoreHome,
    private readonly metricsPort: number,
  ) {
    super(process, port, home);
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected override async untilReady(): Promise<void> {
    const health = `http://127.0.0.1:${this.metricsPort}/healthz`;
    await this.process.waitUntil(async () => (await fetch(health)).ok, 'it is healthy');
  }
}

/**
 * Starts a Milvus and waits until it is ready.
 *
 * @param settings of its configuration, by their whole names
 * @throws ServerUnavailable
 */
export async function startMilvus(settings: Record<string, unknown> = {}): Promise<MilvusServer> {
  const wheel = await milvusFiles();
  const home = await storeHome('milvus');
  const { dir } = home;
  const binaries = join(wheel, 'unpacked');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await symlink(join(binaries, 'bin'), join(dir, 'bin'));
  const coordinators = ['root_coord', 'data_coord', 'query_coord', 'index_coord'];
  const nodes = ['data_node', 'query_node', 'index_node'];
  const parts = ['proxy', 'proxy_internal', 'etcd', ...coordinators, ...nodes].map((name) => `${name}_port`);
  const ports = await Promise.all([...parts, 'peers', 'metrics'].map(() => freePort()));
  const own = Object.fromEntries(parts.map((name, index) => [name, ports[index] ?? 0]));
  const etcd = join(dir, 'etcd.json');
  await writeFile(etcd, JSON.stringify(etcdConfig(own['etcd_port'] ?? 0, ports.at(-2) ?? 0)));
  await prepare(wheel, dir, binaries, { ...own, authorization_enabled: true, ...QUICK, ...settings });
  const port = own['proxy_port'] ?? 0;
  const metricsPort = ports.at(-1) ?? 0;
  const server = new MilvusServer(
    new ManagedProcess({
      name: 'milvus',
      command: join(dir, 'bin', 'milvus'),
      args: ['run', 'standalone'],
      cwd: dir,
      env: {
        DEPLOY_MODE: 'STANDALONE',
        ETCD_CONFIG_PATH: etcd,
        METRICS_PORT: String(metricsPort),
        MILVUS_RUN_DIR: join(dir, 'run'),
        LD_LIBRARY_PATH: join(dir, 'bin'),
      },
      // An orderly stop takes seconds. Confirmed writes are in its log on disk.
      stopSignal: 'SIGKILL',
      stage: 'store',
    }),
    port,
    home,
    metricsPort,
  );
  await server.start();
  return server;
}

/** Of the etcd inside of it, which would take its usual ports: a second server could not start. JSON is YAML. */
function etcdConfig(port: number, peerPort: number): object {
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return {
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
  };
}

async function prepare(wheel: string, dir: string, binaries: string, settings: object): Promise<void> {
  const python = await onPath('python3');
  if (python === undefined) throw new ServerUnavailable('python3 unpacks Milvus, and it is not on PATH');
  await runToEnd({
    name: 'milvus-files',
    command: python,
    args: ['-c', PREPARE, dir, binaries, JSON.stringify(settings)],
    cwd: dirname(binaries),
    env: { PYTHONPATH: wheel },
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
