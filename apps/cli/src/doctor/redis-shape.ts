import type { RedisShapeReport } from '@perennial/transport';
import { failed, type Finding, ok, warning } from './finding';

/** Of every Cluster. */
const SLOTS = 16_384;

/** Whether another server would take the place of one that dies; nothing about a single one. */
export function shapeFindings({ shape, replicas, sentinels, coveredSlots }: RedisShapeReport): Finding[] {
  if (shape === 'single') return [];
  const spare =
    replicas > 0
      ? ok('redis replicas', `every primary has ${replicas} or more replicas in step`)
      : failed(
          'redis replicas',
          'a primary has no replica in step',
          'Start its replicas and see that they can reach it: its death would end the service.',
        );
  if (sentinels) return [sentinelFinding(sentinels), spare];
  if (coveredSlots === SLOTS) return [ok('redis cluster', 'all slots are covered'), spare];
  const lacking = `${SLOTS - (coveredSlots ?? 0)} of ${SLOTS} slots have no server`;
  return [failed('redis cluster', lacking, 'Start the servers that are down; see `redis-cli --cluster check`.'), spare];
}

function sentinelFinding({ named, reachable, hasQuorum }: NonNullable<RedisShapeReport['sentinels']>): Finding {
  const found = `${reachable} of ${named} sentinels answer`;
  if (!hasQuorum)
    return failed(
      'redis sentinels',
      `${found}, without a quorum`,
      'Start sentinels: they cannot choose a new primary.',
    );
  if (reachable < named) return warning('redis sentinels', found, 'Start the others, or correct REDIS_URL.');
  return ok('redis sentinels', `${found}, with a quorum`);
}
