import {
  type PostgresServer,
  type RedisGroup,
  type RedisServer,
  sleep,
  startPostgres,
  startPostgresCluster,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '@perennial/testing/servers';
import type { LostTail } from '../record/history';

export const REDIS_SHAPES = ['single', 'sentinel', 'cluster'] as const;
export const POSTGRES_SHAPES = ['single', 'failover', 'asynchronous'] as const;

/** How the stores are run. */
export interface Shape {
  /** `sentinel`: a primary, two replicas and three sentinels. `cluster`: three primaries with a replica each. */
  redis: (typeof REDIS_SHAPES)[number];
  /** `failover`: a primary and two standbys, of which one must have each commit. `asynchronous`: none must. */
  postgres: (typeof POSTGRES_SHAPES)[number];
}

/** Servers of which one takes the place of another. */
export interface StoreGroup {
  /** What was acknowledged is never lost. */
  isSynchronous: boolean;
  /**
   * A primary dies; resolves when another server has taken its place, with what may be lost.
   *
   * @param lagMs for so long the others have received nothing before it dies
   */
  failover(lagMs?: number): Promise<LostTail | undefined>;
  /** The dead one comes back. */
  heal(): Promise<void>;
}

export interface RedisStore {
  url: string;
  /** It has one address, which a proxy can stand in front of. */
  single: boolean;
  /** Addresses of all nodes that take writes now. */
  primaries(): Promise<string[]>;
  /** Undefined: it is alone. */
  group?: Pick<RedisGroup, 'failOver' | 'heal'>;
  /** What a server does that is alone. In a group another one takes its place. */
  alone?: {
    /** SIGSTOP for `ms`. */
    pause(ms: number): Promise<void>;
    /** `kill -9`, and a start without data. */
    restartEmpty(): Promise<void>;
  };
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

export async function startStores(shape: Shape): Promise<Stores> {
  const [redis, postgres] = await Promise.all([
    startRedisOf(shape.redis),
    shape.postgres === 'single' ? singlePostgres() : standbyPostgres(shape.postgres === 'failover'),
  ]);
  return {
    redis,
    postgres,
    stop: async () => {
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

async function startRedisOf(shape: Shape['redis']): Promise<RedisStore> {
  switch (shape) {
    case 'single':
      return singleRedis();
    case 'sentinel':
      return redisGroup(await startRedisSentinel());
    case 'cluster':
      return redisGroup(await startRedisCluster());
  }
}

function redisGroup(group: RedisGroup): RedisStore {
  return {
    ...{ url: group.url, single: false, group },
    primaries: async () => (await group.primaryPorts()).map((port) => `redis://127.0.0.1:${port}`),
    stop: () => group.stop(),
  };
}

async function singleRedis(): Promise<RedisStore> {
  const server: RedisServer = await startRedis({ persistent: true });
  return {
    url: server.url,
    single: true,
    primaries: () => Promise.resolve([server.url]),
    alone: {
      async pause(ms) {
        await server.pause();
        await sleep(ms);
        await server.cont();
      },
      restartEmpty: () => server.restartEmpty(),
    },
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

async function standbyPostgres(synchronous: boolean): Promise<PostgresStore> {
  const database = 'perennial';
  let dead: PostgresServer | undefined;
  const cluster = await startPostgresCluster({ standbys: 2, synchronous, database });
  return {
    ...{ url: cluster.url, single: false },
    get primaryUrl() {
      return cluster.primary.urlOf(database);
    },
    restart: (how) => restarted(cluster.primary, how),
    group: {
      isSynchronous: synchronous,
      async failover(lagMs = 0) {
        if (lagMs > 0) await Promise.all(cluster.standbys.map((standby) => cluster.cutOff(standby)));
        await sleep(lagMs);
        const failover = await cluster.failover();
        dead = failover.dead;
        return synchronous ? undefined : { from: failover.lastCommitAt, to: failover.deadAt };
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
