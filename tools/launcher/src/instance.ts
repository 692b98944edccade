import { ManagedProcess } from '@perennial/testing/servers';
import type { LauncherEnvironment } from './environment';
import { serviceArguments, type ServiceName, webRoot } from './paths';
import type { Home } from './state';
import { Supervisor, type SupervisorEvents } from './supervisor';

/** One process of a service. */
export interface Instance {
  service: ServiceName;
  /** Counted from 1 within the service. */
  instance: number;
  /** Of a gateway its HTTP port, of the others their health port. */
  port: number;
  healthPort: number;
  process: ManagedProcess;
  supervisor: Supervisor;
}

export interface InstanceOptions {
  service: ServiceName;
  instance: number;
  root: string;
  home: Home;
  env: LauncherEnvironment;
  /** The address of a gateway; the others listen on the loopback address, for health only. */
  host: string;
  port: number;
  /** Our own balancer passes its connections on. */
  behindBalancer: boolean;
  databaseUrl: string;
  redisUrl: string;
  /** Variables with priority over the addresses above and over this process's own environment. */
  extra: Readonly<Record<string, string>>;
  /** Start it again when it dies. */
  supervise: boolean;
  events: SupervisorEvents;
}

/**
 * Limits the memory growth of ingestion: glibc keeps memory for each of the embedded vector store's many threads (35 MB), and by default V8
 * uses twice 16 MB for young objects before it collects, which batches of chunks and vectors fill at once.
 */
const RETRIEVAL_MEMORY = { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=2' };

/** Prepares a process of a service; it is started by its supervisor. */
export async function prepareInstance(options: InstanceOptions): Promise<Instance> {
  const { service, instance, root, home, env, port } = options;
  const isGateway = service === 'gateway';
  const healthPort = isGateway ? await home.port(`gateway-${instance}-health`) : port;
  const name = `${service}-${instance}`;
  const web = webRoot(root);
  const managed = new ManagedProcess({
    name,
    command: process.execPath,
    args: serviceArguments(service, root),
    cwd: root,
    logFile: home.freshLog(name),
    // When everything stops, no load balancer has to be told first.
    stopSignal: isGateway ? 'SIGINT' : 'SIGTERM',
    env: {
      NODE_ENV: env.nodeEnv,
      SHUTDOWN_GRACE_MS: env.shutdownGraceMs,
      ...(web === undefined || env.hasWebRoot ? {} : { WEB_ROOT: web }),
      ...(service === 'retrieval' ? RETRIEVAL_MEMORY : {}),
      ...options.extra,
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      SECRET_KEY: env.secretKey ?? home.secrets().secretKey,
      HEALTH_HOST: '127.0.0.1',
      HEALTH_PORT: String(healthPort),
      INSTANCE_ID: name,
      // Only the gateway listens for users.
      HOST: isGateway ? options.host : undefined,
      PORT: isGateway ? String(port) : undefined,
      PROXY_PROTOCOL_FROM: isGateway && options.behindBalancer ? '127.0.0.1' : undefined,
    },
  });
  const supervisor = new Supervisor(managed, () => managed.start(), options.events, options.supervise);
  return { service, instance, port, healthPort, process: managed, supervisor };
}
