import { ManagedProcess } from '@perennial/local-runtime/servers';
import { serviceArguments, type ServiceCode, type ServiceName } from './paths';
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
  /** Prepares another process in its place, from the build of that clone. */
  again(root: string): Promise<Instance>;
}

export interface InstanceOptions {
  service: ServiceName;
  instance: number;
  root: string;
  home: Home;
  code: ServiceCode;
  /** How logs and run records call it (default `<service>-<instance>`). */
  name?: string;
  /** Where a gateway listens; the others listen on the loopback address for their health only. */
  host: string;
  port: number;
  /** Our own balancer passes its connections on. */
  behindBalancer: boolean;
  /** The variables of every service; they override this process's own environment. */
  shared: Readonly<Record<string, string>>;
  /** More variables of this service. */
  extra?: Readonly<Record<string, string>>;
  /** The command under which it is started. */
  under?: readonly string[] | undefined;
  /** Start it again when it dies. */
  supervise: boolean;
  events: SupervisorEvents;
}

/**
 * Limits the memory growth of ingestion: glibc keeps memory for each of the embedded vector store's many threads (35 MB), and by default V8
 * uses twice 16 MB for young objects before it collects, which batches of chunks and vectors fill at once.
 */
const RETRIEVAL_MEMORY = { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=2' };

/** Who saved a change waits for the restart. What is cut off here is carried on by another worker, or by the next process. */
const WATCHED_STOP_MS = 1_000;

/** Prepares a process of a service; it is started by its supervisor. */
export async function prepareInstance(options: InstanceOptions): Promise<Instance> {
  const { service, instance, root, home, code, port, name = `${service}-${instance}` } = options;
  const isGateway = service === 'gateway';
  const healthPort = isGateway ? await home.port(`${name}-health`) : port;
  const [command = process.execPath, ...args] = [...(options.under ?? []), process.execPath];
  const managed = new ManagedProcess({
    name,
    command,
    args: [...args, ...serviceArguments(service, root, code)],
    cwd: root,
    logFile: home.freshLog(name),
    // When everything stops, no load balancer has to be told first.
    stopSignal: isGateway ? 'SIGINT' : 'SIGTERM',
    ...(code === 'watched' && { stopTimeoutMs: WATCHED_STOP_MS }),
    env: {
      ...(service === 'retrieval' ? RETRIEVAL_MEMORY : {}),
      ...options.shared,
      ...options.extra,
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
  const again = (from: string) => prepareInstance({ ...options, root: from });
  return { service, instance, port, healthPort, process: managed, supervisor, again };
}
