import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { launchSystem, ROOT, type RunningSystem, SERVICES } from '@perennial/launcher';
import {
  guardDirectory,
  pgvectorFiles,
  startPostgres,
  startQdrant,
  startRedis,
  startSeaweed,
} from '@perennial/testing/servers';
import { startBalancer } from '../load-balancers/load-balancer';
import { type ComposeService, readComposeFile } from './compose-file';

export interface ComposeProcessesOptions {
  /** More variables of every service. With a provider among them no simulator is started. */
  env?: Readonly<Record<string, string>>;
}

/** A topology that runs without a container engine. */
export interface ComposeProcesses {
  system: RunningSystem;
  /** What users reach: HAProxy where the file has it, else the gateway. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Runs the topology of a Compose file as processes of this machine: our services by the launcher, as often and with the variables and secret
 * files that the file gives them, and the stores and the HAProxy that it names as real servers.
 *
 * @throws {ServerUnavailable} when one of these is not installed
 */
export async function startAsProcesses(file: string, { env }: ComposeProcessesOptions = {}): Promise<ComposeProcesses> {
  const services = readComposeFile(file);
  const folder = mkdtempSync(join(tmpdir(), 'perennial-compose-'));
  // Postgres runs as another user when this is root, and has to pass.
  chmodSync(folder, 0o755);
  guardDirectory(folder);
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const of = (kind: string): ComposeService[] =>
    Object.values(services).filter((service) => service.kind === kind && service.profiles.length === 0);
  try {
    const stores = await startStores(dirname(file), folder, of, (one) => stops.push(one));
    const system = await launchSystem({
      scale: Object.fromEntries(
        SERVICES.map((name) => [name, of(name).reduce((sum, { replicas }) => sum + replicas, 0)]),
      ),
      provider: env?.['OPENAI_API_BASE_URLS'] === undefined ? 'simulator' : 'none',
      env: { DATABASE_URL: stores.databaseUrl, REDIS_URL: stores.redisUrl, DATA_DIR: join(folder, 'data'), ...env },
      serviceEnv: Object.fromEntries(
        SERVICES.map((name) => [name, processEnvironment(of(name)[0]?.environment ?? {}, stores.addresses)]),
      ),
    });
    stops.push(() => system.stop());
    if (of('haproxy').length === 0) return { system, url: system.baseUrl, stop };
    const haproxy = await startBalancer('HAProxy', join(folder, 'haproxy'), system.gateways);
    stops.push(async () => void (await haproxy.process.stop()));
    return { system, url: haproxy.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Stores {
  databaseUrl: string;
  redisUrl: string;
  /** What the file calls a place, and where it is on this machine. */
  addresses: ReadonlyMap<string, string>;
}

/** Secrets as an operator makes them; those that hold an address or a key of a store then get the one of this machine. */
async function startStores(
  compose: string,
  folder: string,
  of: (kind: string) => readonly ComposeService[],
  onStop: (stop: () => Promise<void>) => void,
): Promise<Stores> {
  const secrets = join(folder, 'secrets');
  execFileSync(join(compose, 'make-secrets.sh'), [secrets]);
  const secret = (name: string, value: string): void => {
    rmSync(join(secrets, name));
    writeFileSync(join(secrets, name), `${value}\n`);
  };
  const addresses = new Map([
    ['/run/secrets', secrets],
    // The network of HAProxy and the gateways.
    ['172.29.99.0/28', '127.0.0.1/32'],
  ]);
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    onStop(() => server.stop());
    return server;
  };
  const vectors = of('retrieval')[0]?.environment['VECTOR_DB'] === 'pgvector';
  const [postgres, redis] = await Promise.all([
    started(startPostgres({ database: 'perennial', ...(vectors && { pgvector: await pgvectorFiles() }) })),
    started(startRedis({})),
  ]);
  secret('database_url', postgres.url);
  secret('redis_url', redis.url);
  if (of('qdrant').length > 0) {
    const apiKey = 'the key of the Qdrant in this test';
    const qdrant = await started(startQdrant({ apiKey }));
    secret('qdrant_api_key', apiKey);
    addresses.set('http://qdrant:6333', qdrant.url);
  }
  if (of('s3').length > 0) {
    const s3 = await started(startSeaweed());
    secret('s3_access_key_id', s3.accessKeyId);
    secret('s3_secret_access_key', s3.secretAccessKey);
    addresses.set('http://s3:8333', s3.endpoint);
  }
  return { databaseUrl: postgres.url, redisUrl: redis.url, addresses };
}

/** The variables of a container, for a process: a secret comes from its file alone. */
function processEnvironment(
  environment: Readonly<Record<string, string>>,
  addresses: ReadonlyMap<string, string>,
): Record<string, string> {
  const values = Object.entries(environment).map(([name, value]) => {
    const place = [...addresses].find(([address]) => value.startsWith(address));
    return [name, place === undefined ? value : place[1] + value.slice(place[0].length)] as const;
  });
  const fromFiles = values.filter(([name, value]) => name.endsWith('_FILE') && value !== '');
  return {
    ...Object.fromEntries(fromFiles.map(([name]) => [name.slice(0, -'_FILE'.length), ''])),
    ...Object.fromEntries(values),
  };
}

/** The Compose files of the repository. */
export const composeFile = (name: string): string => join(ROOT, 'deploy/compose', name);
