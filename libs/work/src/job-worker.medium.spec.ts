import { Runtime } from '@perennial/runtime';
import { freshPrefix, redisUrl, waitFor } from '@perennial/testing';
import { Connections } from '@perennial/transport';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { queuePrefix } from './job-queue';
import { JobWorker, NoRoomError } from './job-worker';

// Real: Redis and BullMQ, and jobs that no version of ours enqueues.
describe('jobs that cannot be read', () => {
  const keyPrefix = freshPrefix('jobs');
  const worked: unknown[] = [];
  let connections: Connections;
  let queue: Queue;
  let worker: JobWorker<{ id: string }>;

  beforeAll(() => {
    connections = new Connections({ redisUrl: redisUrl(), keyPrefix, service: 'chat', instanceId: 'jobs' });
    queue = new Queue('tests', { connection: { url: redisUrl() }, prefix: queuePrefix(connections.keyspace, 'tests') });
    worker = new JobWorker(connections, new Runtime({ name: 'chat', logLevel: 'silent' }), {
      queue: 'tests',
      concurrency: 1,
      shape: z.object({ id: z.uuid() }),
      work: (job) => Promise.resolve(worked.push(job)),
      describe: ({ id }) => ({ id: id.length }),
    });
  });

  afterAll(async () => {
    worker.stopClaiming();
    await worker.close();
    await queue.close();
    connections.close();
  });

  it('become dead letters and do not delay other jobs', async () => {
    const odd: unknown[] = [null, {}, 7, 'text', [], { id: 7 }, { id: 'x' }];
    for (const [n, data] of odd.entries()) await queue.add('tests', data, { jobId: `odd-${n}` });
    await queue.add('tests', { id: 'x' }, { jobId: 'torn' });
    await connections.commands.hset(`${queuePrefix(connections.keyspace, 'tests')}:tests:torn`, 'data', '{"id":');
    const sound = { id: '7b0d5f5e-6f6b-4d0e-9d55-6a1c6f2f8a01' };
    await queue.add('tests', sound, { jobId: 'sound' });
    worker.start();
    await waitFor(() => worked.length === 1);
    expect(worked).toEqual([sound]);
    await waitFor(async () => (await connections.deadLetters.list(100)).length === odd.length + 1);
    const letters = await connections.deadLetters.list(100);
    expect(new Set(letters.map(({ source, reason }) => `${source}: ${reason}`))).toEqual(
      new Set(['job:tests: not a job']),
    );
    // A job that is not JSON does not come back either when its lock has expired.
    await waitFor(async () => (await queue.getJobCountByTypes('waiting', 'active', 'failed')) === 0);
  });
});

// Real: Redis and BullMQ, and two workers of one queue.
describe('a full worker', () => {
  const keyPrefix = freshPrefix('full');
  let connections: Connections;
  let queue: Queue;

  beforeAll(() => {
    connections = new Connections({ redisUrl: redisUrl(), keyPrefix, service: 'chat', instanceId: 'full' });
    queue = new Queue('tests', { connection: { url: redisUrl() }, prefix: queuePrefix(connections.keyspace, 'tests') });
  });

  afterAll(async () => {
    await queue.close();
    connections.close();
  });

  const worker = (work: (job: { n: number }) => Promise<unknown>, untilRoom?: () => Promise<void>) =>
    new JobWorker(connections, new Runtime({ name: 'chat', logLevel: 'silent' }), {
      queue: 'tests',
      concurrency: 1,
      shape: z.object({ n: z.int() }),
      work,
      untilRoom,
      describe: () => ({}),
    });

  it('gives its job to the others, takes none until it has room, and then takes jobs again', async () => {
    let isFull = true;
    let makeRoom = (): void => undefined;
    const offered: number[] = [];
    const full = worker(
      async ({ n }) => {
        offered.push(n);
        if (isFull) throw new NoRoomError();
      },
      () => new Promise((resolve) => (makeRoom = resolve)),
    );
    full.start();
    await queue.add('tests', { n: 1 });
    await waitFor(async () => offered.length === 1 && (await queue.getJobCountByTypes('waiting')) === 1);
    await queue.add('tests', { n: 2 });

    const worked: number[] = [];
    const other = worker(async ({ n }) => worked.push(n));
    other.start();
    await waitFor(() => worked.length === 2);
    expect(offered).toEqual([1]);
    other.stopClaiming();
    await other.close();

    isFull = false;
    makeRoom();
    await queue.add('tests', { n: 3 });
    await waitFor(() => offered.length === 2);
    expect(offered).toEqual([1, 3]);
    full.stopClaiming();
    await full.close();
    expect(await queue.getJobCountByTypes('waiting', 'active', 'failed')).toBe(0);
  });

  it('that leaves gives its job to the others', async () => {
    let refuse = (): void => undefined;
    let held = 0;
    const leaving = worker(async () => {
      held += 1;
      await new Promise<void>((_, reject) => (refuse = () => reject(new NoRoomError())));
    });
    leaving.start();
    await queue.add('tests', { n: 4 });
    await waitFor(() => held === 1);
    leaving.stopClaiming();
    refuse();
    await leaving.close();
    expect(held).toBe(1);
    expect(await queue.getJobCountByTypes('waiting')).toBe(1);
  });
});
