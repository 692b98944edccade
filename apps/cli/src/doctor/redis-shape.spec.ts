import type { RedisShapeReport } from '@perennial/transport';
import { describe, expect, it } from 'vitest';
import { shapeFindings } from './redis-shape';

const levels = (report: RedisShapeReport) =>
  Object.fromEntries(shapeFindings(report).map(({ check, level }) => [check, level]));

describe('the shape of Redis', () => {
  const sentinels = { named: 3, reachable: 3, hasQuorum: true };

  it('is right where any server may die', () => {
    expect(levels({ shape: 'sentinel', replicas: 2, sentinels })).toEqual({
      'redis sentinels': 'ok',
      'redis replicas': 'ok',
    });
    expect(levels({ shape: 'cluster', replicas: 1, coveredSlots: 16_384 })).toEqual({
      'redis cluster': 'ok',
      'redis replicas': 'ok',
    });
    expect(levels({ shape: 'single', replicas: 0 })).toEqual({});
  });

  it('fails without a quorum, without a replica, and with slots that nobody has', () => {
    const away = { named: 3, reachable: 1, hasQuorum: false };
    expect(levels({ shape: 'sentinel', replicas: 0, sentinels: away })).toEqual({
      'redis sentinels': 'failed',
      'redis replicas': 'failed',
    });
    expect(levels({ shape: 'sentinel', replicas: 1, sentinels: { ...sentinels, reachable: 2 } })).toMatchObject({
      'redis sentinels': 'warning',
    });
    const [cluster] = shapeFindings({ shape: 'cluster', replicas: 1, coveredSlots: 10_923 });
    expect(cluster).toMatchObject({ level: 'failed', found: '5461 of 16384 slots have no server' });
  });
});
