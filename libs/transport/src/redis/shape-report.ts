import { parseRedisUrl, type RedisShape, waitAtMost } from '@perennial/runtime';
import { Redis } from 'ioredis';
import type { Connections } from './connections';

/** How ready the servers are to lose one of them. */
export interface RedisShapeReport {
  shape: RedisShape;
  /** Fewest replicas in step of any primary. */
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
const IN_STEP = /^slave\d+:.*state=online/gm;

/** Asks the servers, and the sentinels. Rejects while no primary answers. */
export async function inspectShape(connections: Connections): Promise<RedisShapeReport> {
  const target = parseRedisUrl(connections.options.redisUrl);
  const infos = await Promise.all(connections.servers().map((server) => server.info('replication')));
  const replicas = Math.min(...infos.map((info) => (info.match(IN_STEP) ?? []).length));
  const report = { shape: target.shape, replicas };
  if (target.shape === 'sentinel') {
    const answers = await Promise.all(target.addresses.map((address) => askQuorum(address, target)));
    const sentinels = {
      named: answers.length,
      reachable: answers.filter((answer) => answer !== undefined).length,
      hasQuorum: answers.some((answer) => answer === true),
    };
    return { ...report, sentinels };
  }
  if (target.shape === 'cluster') {
    const [, covered] =
      /^cluster_slots_ok:(\d+)/m.exec(String(await connections.commands.call('CLUSTER', 'INFO'))) ?? [];
    return { ...report, coveredSlots: Number(covered ?? 0) };
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
