import {
  type PostgresServer,
  type RedisServer,
  sleep,
  startPostgres,
  startPostgresCluster,
  startRedis,
} from '@perennial/testing/servers';

/** How the stores are run. */
export interface Shape {
  redis: 'single';
  /** `failover`: a primary and two standbys, of which one must have each commit. */
  postgres: 'single' | 'failover';
}

/** Servers of which one takes the place of another. */
export interface StoreGroup {
  /** A primary dies; resolves when another server has taken its place. */
  failover(): Promise<void>;
  /** The dead one comes back. */
  heal(): Promise<void>;
}

export interface RedisStore {
  url: string;
  /** It has one address, which a proxy can stand in front of. */
  single: boolean;
  /** Addresses of all nodes that take writes now. */
  primaries(): Promise<string[]>;
  /** SIGSTOP of every primary for `ms`. */
  pause(ms: number): Promise<void>;
  /** `kill -9` of every node, which start again without data. */
  restartEmpty(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresStore {
  url: string;
  single: boolean;
  /** The server that takes writes now. */
  readonly primaryUrl: string;
  /** `fast`: sessions are closed. `immediate`: SIGQUIT, as after a crash. `kill`: `kill -9`. */
  restart(how: 'fast' | 'immediate' | 'kill'): Promise<void>;
  /** Undefined: it is alone. */
  group?: StoreGroup;
  stop(): Promise<void>;
}

export interface Stores {
  redis: RedisStore;
  postgres: PostgresStore;
  stop(): Promise<void>;
}

export async function startStores({ postgres: shape }: Shape): Promise<Stores> {
  const [redis, postgres] = await Promise.all([
    singleRedis(),
    shape === 'single' ? singlePostgres() : standbyPostgres(),
  ]);
  return {
    redis,
    postgres,
    stop: async () => {
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

async function singleRedis(): Promise<RedisStore> {
  const server: RedisServer = await startRedis({ persistent: true });
  return {
    url: server.url,
    single: true,
    primaries: () => Promise.resolve([server.url]),
    async pause(ms) {
      await server.pause();
      await sleep(ms);
      await server.cont();
    },
    restartEmpty: () => server.restartEmpty(),
    stop: () => server.stop(),
  };
}

async function singlePostgres(): Promise<PostgresStore> {
  const server = await startPostgres({ database: 'perennial' });
  return {
    ...{ url: server.url, primaryUrl: server.url, single: true },
    restart: (how) => restarted(server, how),
    stop: () => server.stop(),
  };
}

async function standbyPostgres(): Promise<PostgresStore> {
  const database = 'perennial';
  let dead: PostgresServer | undefined;
  const cluster = await startPostgresCluster({ standbys: 2, synchronous: true, database });
  return {
    ...{ url: cluster.url, single: false },
    get primaryUrl() {
      return cluster.primary.urlOf(database);
    },
    restart: (how) => restarted(cluster.primary, how),
    group: {
      async failover() {
        dead = await cluster.failover();
      },
      async heal() {
        if (dead) await cluster.rejoin(dead);
        dead = undefined;
      },
    },
    stop: () => cluster.stop(),
  };
}

async function restarted(server: PostgresServer, how: 'fast' | 'immediate' | 'kill'): Promise<void> {
  if (how === 'kill') await server.kill();
  if (how === 'immediate') {
    server.process.signal('SIGQUIT');
    await server.process.exited;
  }
  await server.restart();
}
