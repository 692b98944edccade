import { createLogger } from '@perennial/runtime';
import { sleep, waitFor } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunKeys, shortTag } from './keys';
import { chatRun, completed, KEYSPACE, Reader, RunBench, type TestGateway, type TestWorker } from './testing';
import type { RunWriter } from './types';

// Real: a Redis whose memory is full (maxmemory, noeviction), publishers and subscribers.
describe('runs while Redis is full', () => {
  const keys = new RunKeys(KEYSPACE);
  const events: unknown[] = [];
  const stream = { write: (line: string) => void events.push((JSON.parse(line) as { event?: string }).event) };
  const log = createLogger({ level: 'info', service: 'chat', instance: 'worker', stream });
  let bench: RunBench;
  let worker: TestWorker;
  let gateway: TestGateway;

  beforeAll(async () => {
    bench = await RunBench.start();
    worker = await bench.worker({ log });
    gateway = await bench.gateway();
  });

  afterEach(() => bench.command('CONFIG', 'SET', 'maxmemory', '0'));
  afterAll(() => bench.stop());

  const fill = (): Promise<unknown> => bench.command('CONFIG', 'SET', 'maxmemory', '1');
  const empty = (): Promise<unknown> => bench.command('CONFIG', 'SET', 'maxmemory', '0');

  async function begin(userId?: string): Promise<{ reader: Reader; writer: RunWriter }> {
    const identity = chatRun(userId === undefined ? {} : { userId });
    bench.rows.set(identity.runId, { identity, position: { epoch: 1, generation: 1, offset: 0 }, text: '' });
    const reader =
      userId === undefined ? await bench.socketOf(gateway, identity.userId) : Reader.ofUser(gateway.subscriber, userId);
    return { reader, writer: worker.publisher.open(identity, { epoch: 1, generation: 1, text: '' }, vi.fn()) };
  }

  /** Appends a token each 100 ms and returns the longest time that a reader waited for one. */
  async function longestWait(writer: RunWriter, reader: Reader, forMs: number): Promise<number> {
    const endsAt = Date.now() + forMs;
    let longest = 0;
    for (let n = 0; Date.now() < endsAt; n += 1) {
      writer.append(`${n} `);
      const sentAt = Date.now();
      await waitFor(() => reader.text === writer.text, { timeoutMs: 5_000, what: 'live text' });
      longest = Math.max(longest, Date.now() - sentAt);
      await sleep(100);
    }
    return longest;
  }

  it('live text continues beyond every time limit of the registry, also for new runs, and the registry recovers', async () => {
    events.length = 0;
    const running = await begin();
    running.writer.append('begun, ');
    await running.writer.flush();
    await fill();
    const lateUser = chatRun().userId;
    const late = await begin(lateUser);
    const watching = Promise.all([running, late].map(({ writer, reader }) => longestWait(writer, reader, 6_200)));
    await expect(bench.command('SET', 'x', 'y')).rejects.toThrow('OOM');
    // Each arrives; a missing one would time out.
    expect(await watching).toHaveLength(2);
    expect([running, late].map(({ reader }) => reader.resets)).toEqual([0, 0]);
    expect(worker.connections.capacity.isFull).toBe(true);
    const held = await bench.command('SMEMBERS', keys.held(shortTag(gateway.connections.processId)));
    expect(held).toContain(`u:${running.writer.identity.userId}`);
    await empty();
    for (const { writer, reader } of [running, late]) {
      await waitFor(() => writer.end(completed(writer.position)).then(() => true), { timeoutMs: 8_000 });
      await reader.sawEnd();
      expect(reader.text).toBe(writer.text);
      expect((await worker.publisher.read(writer.identity.runId))?.text).toBe(writer.text);
    }
    await waitFor(
      async () =>
        (await bench.command('SISMEMBER', keys.held(shortTag(gateway.connections.processId)), `u:${lateUser}`)) === 1,
    );
    // One line of the process for each transition.
    expect(events.filter((event) => event === 'redis.full')).toHaveLength(1);
  }, 60_000);
});
