import { parseRedisUrl, type RedisShape, waitAtMost } from '@perennial/runtime';
import { Redis } from 'ioredis';
import type { Connections } from './connections';
import { redisUnavailable } from './errors';

/** How ready the servers are to lose one of them. */
export interface RedisShapeReport {
  shape: RedisShape;
  /** Fewest replicas in step of any primary that answers. */
  replicas: number;
  sentinels?: {
    /** Those that `REDIS_URL` names. */
    named: number;
    reachable: number;
    /** As a sentinel says itself: enough of them agree and can choose a new primary. */
    hasQuorum: boolean;
  };
  /** Slots of a Cluster that a server answers for, of 16,384. */
  coveredSlots?: number;
}

const SENTINEL_ANSWERS_MS = 2_000;
const SLOTS_OK = /^cluster_slots_ok:(\d+)/m;
const IN_STEP = /^slave\d+:.*state=online/gm;

/** Asks the servers, and the sentinels. Rejects while no primary answers. */
export async function inspectShape(connections: Connections): Promise<RedisShapeReport> {
  const target = parseRedisUrl(connections.options.redisUrl);
  const answers = await connections.askServers((server) => server.info('replication'));
  const infos = answers.filter((info) => info !== undefined);
  if (infos.length === 0) throw redisUnavailable();
  const replicas = Math.min(...infos.map((info) => (info.match(IN_STEP) ?? []).length));
  const report = { shape: target.shape, replicas };
  if (target.shape === 'sentinel') {
    const quorums = await Promise.all(target.addresses.map((address) => askQuorum(address, target)));
    const sentinels = {
      named: quorums.length,
      reachable: quorums.filter((quorum) => quorum !== undefined).length,
      hasQuorum: quorums.some((quorum) => quorum === true),
    };
    return { ...report, sentinels };
  }
  if (target.shape === 'cluster') {
    const states = await connections.askServers((server) => server.call('CLUSTER', 'INFO'));
    const covered = states.flatMap((state) => (state === undefined ? [] : [SLOTS_OK.exec(String(state))?.[1]]));
    return { ...report, coveredSlots: Math.min(...covered.map((slots) => Number(slots ?? 0))) };
  }
  return report;
}

/** Whether a sentinel sees a quorum; undefined when it does not answer. */
async function askQuorum(
  { host, port }: { host: string; port: number },
  { primaryName = '', sentinelPassword, isTls }: ReturnType<typeof parseRedisUrl>,
): Promise<boolean | undefined> {
  const sentinel = new Redis({
    ...{ host, port, password: sentinelPassword, connectTimeout: SENTINEL_ANSWERS_MS },
    ...(isTls && { tls: {} }),
    ...{ lazyConnect: true, enableReadyCheck: false, retryStrategy: null, disableClientInfo: true },
  });
  sentinel.on('error', () => undefined);
  try {
    if (!(await waitAtMost(sentinel.connect(), SENTINEL_ANSWERS_MS))) return undefined;
    return await sentinel.call('SENTINEL', 'CKQUORUM', primaryName).then(
      () => true,
      () => false,
    );
  } catch {
    return undefined;
  } finally {
    sentinel.disconnect();
  }
}
