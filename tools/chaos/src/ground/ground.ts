import { launchSystem, type RunningSystem, type ServiceName, SERVICES } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { ServerUnavailable } from '@perennial/testing/servers';
import { Clocks } from './clocks';
import { SmallDisk } from './disk';
import { inspectorOptions } from './inspector';
import { Links } from './links';
import { Names } from './names';
import { type Shape, startStores, type Stores } from './stores';

export type ChaosScale = Readonly<Record<ServiceName, number>>;

export interface GroundOptions {
  shape: Shape;
  scale: ChaosScale;
  /** Of the provider; others are found too. */
  models: string[];
  /** Without links, clocks and disk of its own: only processes and stores can be hurt. */
  bare?: boolean;
  /** Directory of the services' data and logs; by default a temporary one. */
  home?: string | undefined;
  log: (line: string) => void;
}

/** A whole installation that can be hurt everywhere: its processes, its stores, the links between them, its clocks and its disk. */
export interface Ground {
  system: RunningSystem;
  scale: ChaosScale;
  simulator: Simulator;
  stores: Stores;
  /** Undefined where Toxiproxy is missing. */
  links?: Links;
  /** Undefined where processes cannot be given a name server of their own. */
  names?: Names;
  /** Undefined where libfaketime is missing. */
  clocks?: Clocks;
  /** Undefined where nothing can be mounted. */
  disk?: SmallDisk;
  /** The address of the provider, as the installation knows it. */
  providerUrl: string;
  /** The address for people. */
  baseUrl: string;
  stop(): Promise<void>;
}

/** Starts the stores, everything that stands between them and the services, and the services. */
export async function startGround({ shape, scale, models, bare = false, home, log }: GroundOptions): Promise<Ground> {
  const stopping: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stopping.reverse()) await each();
  };
  try {
    const simulator = await startSimulator({ port: 0, models });
    stopping.push(() => simulator.close());
    const stores = await startStores(shape);
    stopping.push(() => stores.stop());
    const links = bare ? undefined : await orMissing(Links.start(), 'faults of links', log);
    if (links) stopping.push(() => links.stop());
    const names = bare ? undefined : await orMissing(Names.start(), 'slow names', log);
    if (names) stopping.push(async () => names.stop());
    const clocks = bare ? undefined : await orMissing(Clocks.create(), 'faults of clocks', log);
    const disk = bare ? undefined : await orMissing(SmallDisk.mount(), 'a full disk', log);
    if (disk) stopping.push(() => disk.unmount());

    const each = SERVICES.flatMap((service) =>
      Array.from({ length: scale[service] }, (_, at) => `${service}-${at + 1}`),
    );
    if (links) for (const name of each) await links.connect(name, stores, names);
    const inspectors = new Map(
      await Promise.all(each.map(async (name) => [name, await inspectorOptions(name)] as const)),
    );
    const direct = links ? await links.between('provider', simulator.url) : simulator.url;
    const provider = names?.named('provider', direct) ?? direct;
    const system = await launchSystem({
      scale,
      under: names?.under,
      ...(home ? { home } : {}),
      env: {
        DATABASE_URL: stores.postgres.url,
        REDIS_URL: stores.redis.url,
        OPENAI_API_BASE_URLS: `${provider}/v1`,
        OPENAI_API_KEYS: 'simulated',
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: 'sim-embed',
        RAG_OPENAI_API_BASE_URL: `${provider}/v1`,
        RAG_OPENAI_API_KEY: 'simulated',
        ...(disk ? { DATA_DIR: disk.path } : {}),
      },
      instanceEnv: (service, instance) => {
        const name = `${service}-${instance}`;
        return {
          ...links?.environment(name),
          ...(instance === 1 ? clocks?.environment(name) : {}),
          ...inspectors.get(name),
        };
      },
    });
    stopping.push(() => system.stop());
    const baseUrl = links ? await links.between('people', system.baseUrl) : system.baseUrl;
    return {
      ...{ system, scale, simulator, stores, baseUrl, stop },
      providerUrl: `${provider}/v1`,
      ...(links ? { links } : {}),
      ...(names ? { names } : {}),
      ...(clocks ? { clocks } : {}),
      ...(disk ? { disk } : {}),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function orMissing<T>(start: Promise<T>, what: string, log: (line: string) => void): Promise<T | undefined> {
  try {
    return await start;
  } catch (error) {
    // A build server must have every program. It may forbid to mount.
    if (error instanceof ServerUnavailable && process.env['CI']) throw error;
    log(`NOT TESTED: ${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
