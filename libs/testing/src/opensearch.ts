import { chown, cp, mkdir, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import {
  freePort,
  installedProgram,
  ManagedProcess,
  type StoreHome,
  storeHome,
  StoreServer,
} from '@perennial/local-runtime/servers';
import { makeCertificate } from './certificate';
import { closeGate, openGate } from './gate';
import { openSearchFiles } from './opensearch-files';

export { openSearchFiles };

const USER = 'perennial';
const PASSWORD = 'a password of the test';
/** The server refuses to run as root. */
const NOBODY = 65534;
const JAVA = ['-XX:+UseSerialGC', '-XX:-UsePerfData'];
/** A short life on a small machine. */
const SHORT_LIFE = ['-Xms256m', '-Xmx256m', '-XX:TieredStopAtLevel=1'];
const LOG = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/**
 * A real OpenSearch. Its access control is a plugin that doubles the time of its start, so there is a gate with TLS in front of it: it passes
 * on what has the user's password.
 */
export class OpenSearchServer extends StoreServer {
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
      VECTOR_DB: 'opensearch',
      OPENSEARCH_URI: `https://127.0.0.1:${this.gatePort}`,
      OPENSEARCH_USERNAME: USER,
      OPENSEARCH_PASSWORD: PASSWORD,
      OPENSEARCH_CERT_VERIFY: 'false',
      OPENSEARCH_NUMBER_OF_REPLICAS: '0',
    };
  }

  override async stop(): Promise<void> {
    await super.stop();
    await closeGate(this.gate);
  }

  protected override async untilReady(): Promise<void> {
    this.gate ??= await openGate({
      ...{ port: this.gatePort, target: this.port, certificate: await makeCertificate() },
      authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
    });
    // Yellow: all primary shards of earlier indexes are started.
    const health = `http://127.0.0.1:${this.port}/_cluster/health?wait_for_status=yellow&timeout=1s`;
    await this.process.waitUntil(async () => (await fetch(health)).ok, 'it is healthy', 120_000);
  }
}

/**
 * Starts an OpenSearch and waits until it is healthy.
 *
 * @param heap for more than some thousand points: Java's size, like `2g`
 * @throws ServerUnavailable
 */
export async function startOpenSearch(heap?: string): Promise<OpenSearchServer> {
  const files = await openSearchFiles();
  const command = await installedProgram('java', 'openjdk-17-jre-headless');
  const home = await storeHome('opensearch');
  const { dir } = home;
  const [port, transportPort, gatePort] = [await freePort(), await freePort(), await freePort()];
  // A copy, because another user may not enter the cache.
  await cp(files, dir, { recursive: true });
  const config = join(dir, 'config');
  await mkdir(config);
  await writeFile(join(config, 'log4j2.properties'), LOG);
  const settings = {
    ...{
      'discovery.type': 'single-node',
      'network.host': '127.0.0.1',
      'http.port': port,
      'transport.port': transportPort,
    },
    ...{ 'path.data': join(dir, 'data'), 'path.logs': join(dir, 'logs') },
    // The disk of a machine for tests is often fuller than it likes.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`);
  await writeFile(join(config, 'opensearch.yml'), lines.join(''));
  const written = [dir, config, ...['data', 'logs', 'tmp'].map((name) => join(dir, name))];
  for (const path of written) await mkdir(path, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const path of written) await chown(path, NOBODY, NOBODY);
  const properties = {
    ...{ 'java.io.tmpdir': join(dir, 'tmp'), 'java.security.manager': 'allow', 'log4j2.disable.jmx': true },
    ...{ 'opensearch.path.home': dir, 'opensearch.path.conf': config, 'opensearch.distribution.type': 'tar' },
  };
  const server = new OpenSearchServer(
    new ManagedProcess({
      name: 'opensearch',
      command,
      args: [
        ...JAVA,
        ...(heap === undefined ? SHORT_LIFE : [`-Xms${heap}`, `-Xmx${heap}`]),
        ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
        ...['-cp', join(dir, 'lib', '*'), 'org.opensearch.bootstrap.OpenSearch'],
      ],
      cwd: dir,
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
      // Confirmed writes are in its log on disk.
      stopSignal: 'SIGKILL',
      stage: 'store',
    }),
    port,
    home,
    gatePort,
  );
  await server.start();
  return server;
}
