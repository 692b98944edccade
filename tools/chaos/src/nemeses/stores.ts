import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Ground } from '../ground/ground';
import type { Nemesis } from './nemesis';

const FULL_MS = 5_000;

const isGroup = ({ stores }: Ground): string | undefined =>
  stores.redis.alone ? undefined : 'another server of Redis takes the place of this one';

export const STORE_NEMESES: readonly Nemesis[] = [
  {
    name: 'redis is emptied',
    weight: 2,
    async apply({ ground }) {
      await everyPrimary(ground, (redis) => redis.flushall());
      return 'FLUSHALL';
    },
  },
  {
    name: 'redis restarts empty',
    weight: 1,
    missing: isGroup,
    async apply({ ground }) {
      await ground.stores.redis.alone?.restartEmpty();
      return 'Redis restarts empty';
    },
  },
  {
    name: 'redis is full',
    weight: 1,
    async apply({ ground }) {
      await everyPrimary(ground, async (redis) => {
        await redis.config('SET', 'maxmemory', '1');
        await sleep(FULL_MS);
        await redis.config('SET', 'maxmemory', '0');
      });
      return `Redis is full for ${FULL_MS} ms`;
    },
  },
  {
    name: 'redis pauses',
    weight: 1,
    missing: isGroup,
    async apply({ ground }, random) {
      const ms = Math.round(random.between(500, 5_000));
      const how = random.pick(['CLIENT PAUSE', 'SIGSTOP'] as const);
      if (how === 'SIGSTOP') await ground.stores.redis.alone?.pause(ms);
      else {
        await everyPrimary(ground, (redis) => redis.call('CLIENT', 'PAUSE', String(ms), 'ALL'));
        await sleep(ms);
      }
      return `Redis: ${how} for ${ms} ms`;
    },
  },
  ...(['fast', 'immediate', 'kill'] as const).map((how): Nemesis => ({
    name: ({ fast: 'postgres restarts', immediate: 'postgres stops at once', kill: 'postgres is killed' } as const)[
      how
    ],
    weight: 1,
    async apply({ ground }) {
      await ground.stores.postgres.restart(how);
      return `Postgres: ${how}`;
    },
  })),
];

/** Only where a server has others beside it: then it is what is wanted, so it is frequent. */
const FAILOVER_WEIGHT = 12;
/** Replication lag at the death; 0: what it is by itself. */
const LAGS_MS = [0, 0, 250, 1_000, 3_000] as const;

export const FAILOVER_NEMESES: readonly Nemesis[] = [
  {
    name: 'postgres fails over',
    weight: FAILOVER_WEIGHT,
    missing: ({ stores }) => (stores.postgres.group?.isSynchronous ? undefined : 'Postgres has no synchronous standby'),
    async apply({ ground }) {
      await ground.stores.postgres.group?.failover();
      return 'the primary of Postgres dies, and a standby is promoted';
    },
    heal: async ({ ground }) => ground.stores.postgres.group?.heal(),
  },
  {
    name: 'redis fails over',
    weight: FAILOVER_WEIGHT,
    missing: ({ stores }) => (stores.redis.group ? undefined : 'Redis has no replica'),
    async apply({ ground }, random) {
      const how = random.pick(['dies', 'hangs'] as const);
      // On a Cluster the key chooses one of the primaries.
      await ground.stores.redis.group?.failOver(String(random.next()), how);
      return `a primary of Redis ${how}, and a replica takes its place`;
    },
    heal: async ({ ground }) => ground.stores.redis.group?.heal(),
  },
  {
    name: 'postgres fails over and forgets',
    weight: FAILOVER_WEIGHT,
    missing: ({ stores: { postgres } }) =>
      postgres.group && !postgres.group.isSynchronous ? undefined : 'Postgres has no asynchronous standby',
    async apply({ ground, forgot }, random) {
      const lagMs = random.pick(LAGS_MS);
      const tail = await ground.stores.postgres.group?.failover(lagMs);
      if (tail) forgot(tail);
      const lost = tail ? Math.round(tail.to - tail.from) : 0;
      return `the primary of Postgres dies ${lagMs} ms ahead of its standbys; the last ${lost} ms are lost`;
    },
    heal: async ({ ground }) => ground.stores.postgres.group?.heal(),
  },
];

async function everyPrimary({ stores }: Ground, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  await Promise.all(
    (await stores.redis.primaries()).map(async (url) => {
      const redis = new Redis(url);
      try {
        await work(redis);
      } finally {
        redis.disconnect();
      }
    }),
  );
}
