import { Runtime } from '@perennial/runtime';
import { freshPrefix, sleep, waitFor } from '@perennial/testing';
import { type RedisGroup, startRedisCluster, startRedisSentinel } from '@perennial/testing/servers';
import { Connections } from '@perennial/transport';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { JobQueue } from './job-queue';
import { JobWorker } from './job-worker';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const QUEUE = 'tests';
const AT_ONCE = 2;

interface Job {
  n: number;
}

// Real: BullMQ on three sentinels with a primary and two replicas, and on three primaries with a replica each; failovers by `kill -9` and
// SIGSTOP.
describe.each([
  ['sentinels', startRedisSentinel],
  ['a Cluster', startRedisCluster],
])('the queue on %s', (_, start: () => Promise<RedisGroup>) => {
  let group: RedisGroup;
  let connections: Connections;
  let queue: JobQueue<Job>;
  let worker: JobWorker<Job>;
  /** Each job as often as it was offered. */
  let offered: number[];
  let release: () => void;
  let released: Promise<void>;
  let returns = 0;

  const hold = (): void => {
    released = new Promise((resolve) => (release = resolve));
  };
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
  /** As a sweeper does: everything that nobody has begun. A queue that is away takes nothing. */
  const enqueueRest = (last: number): void =>
    queue.enqueue(upTo(last).flatMap((n) => (offered.includes(n) ? [] : [{ n }])));

  beforeAll(async () => {
    group = await start();
    const keyPrefix = freshPrefix('queue');
    connections = new Connections({ redisUrl: group.url, keyPrefix, service: 'chat', instanceId: 'queue' });
    const runtime = new Runtime({ name: 'chat', logLevel: 'silent' });
    queue = new JobQueue(connections, runtime, { name: QUEUE, idOf: ({ n }) => `job-${n}` });
    queue.onBack(() => (returns += 1));
    worker = new JobWorker(connections, runtime, {
      queue: QUEUE,
      concurrency: AT_ONCE,
      shape: z.object({ n: z.int() }),
      work: async ({ n }) => {
        offered.push(n);
        await released;
      },
      describe: ({ n }) => ({ n }),
    });
    offered = [];
    hold();
    worker.start();
  });

  afterAll(async () => {
    release();
    worker.stopClaiming();
    await worker.close();
    await queue.close();
    connections.close();
    await group.stop();
  });

  /** The replicas have everything: what is lost without them is derived again from rows, which is tested with a Redis that was emptied. */
  async function replicated(): Promise<void> {
    const port = await group.primaryPort(connections.keyspace.of(QUEUE));
    await waitFor(async () => {
      const info = String(await group.command(port, 'INFO', 'replication'));
      const offsets = [...info.matchAll(/(?:offset=|master_repl_offset:)(\d+)/g)].map(([, offset]) => offset);
      return offsets.length > 1 && new Set(offsets).size === 1;
    });
  }

  it.each(['dies', 'hangs'] as const)('when a primary %s each job is offered exactly once', async (how) => {
    const before = offered.length;
    const returned = returns;
    hold();
    await waitFor(() => {
      enqueueRest(before + 10);
      return offered.length === before + AT_ONCE;
    });
    await replicated();
    await group.failOver(connections.keyspace.of(QUEUE), how);
    await waitFor(() => returns > returned, { timeoutMs: 20_000 });
    // The two that are held, those that wait, and new ones.
    queue.enqueue(
      upTo(before + 20)
        .slice(before)
        .map((n) => ({ n })),
    );
    await sleep(500);
    expect(offered).toHaveLength(before + AT_ONCE);
    release();
    await waitFor(
      () => {
        enqueueRest(before + 20);
        return offered.length >= before + 20;
      },
      { timeoutMs: 30_000 },
    );
    await group.heal();
    expect([...offered].sort((a, b) => a - b)).toEqual(upTo(before + 20));
  });
});
