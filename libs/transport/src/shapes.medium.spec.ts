import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { INestMicroservice } from '@nestjs/common';
import { CallError } from '@perennial/contracts-kernel';
import type { SecretKeys } from '@perennial/runtime';
import { freshPrefix, sleep, waitFor } from '@perennial/testing';
import {
  RedisCluster,
  type RedisGroup,
  type RedisGroupOptions,
  startRedisCluster,
  startRedisSentinel,
  valkeyBinary,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections, inspectShape, readFleet, TO_ALL } from './redis';
import { fleetKey } from './redis/fleet-reports';
import { KEYED, READ, TEXT } from './rpc/fixtures/calls';
import { type Caller, createCaller, TESTER } from './rpc/fixtures/harness';
import { type ReplicaEvent, startReplicaApp } from './rpc/fixtures/replica-app';
import { createRunPublisher, createRunStreamSubscriber, type RunPublisher, type RunStreamSubscriber } from './runs';
import { shortTag } from './runs/keys';
import { chatRun, completed, Reader } from './runs/testing';

// Real: three sentinels with a primary and two replicas, and three primaries with a replica each; failovers by `kill -9`; a slot that is
// moved. Callers, replicas, workers and gateways are in this process, each with connections of its own.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SECRET_KEYS: SecretKeys = ['a secret of this test'];
const PASSWORD = 'a-password';
const CALLERS = 6;
const RUNS = 12;

/** The user of the page for operators, as a value of `user` in redis.conf. */
async function documentedUser(prefix: string): Promise<string> {
  const page = await readFile(new URL('../../../docs/deploy/redis.md', import.meta.url), 'utf8');
  const [, user = ''] = /^user (perennial on .*)$/m.exec(page) ?? [];
  return user.replace('<password>', PASSWORD).replaceAll('perennial:*', `${prefix}:*`);
}

describe.each([
  ['sentinels', startRedisSentinel],
  [
    'a Cluster of Valkey',
    async (options: RedisGroupOptions) => startRedisCluster({ ...options, binary: await valkeyBinary() }),
  ],
])('the transport on %s', (_, start: (options: RedisGroupOptions) => Promise<RedisGroup>) => {
  let group: RedisGroup;
  let url: string;
  let prefix: string;
  let caller: Caller;
  let replicas: INestMicroservice[];
  let events: ReplicaEvent[];
  let worker: Connections;
  let gateway: Connections;
  let publisher: RunPublisher;
  let subscriber: RunStreamSubscriber;

  const connect = (service: string) =>
    new Connections({ redisUrl: url, keyPrefix: prefix, service, instanceId: service, secretKeys: SECRET_KEYS });

  beforeAll(async () => {
    prefix = freshPrefix('shapes');
    group = await start({ settings: { user: await documentedUser(prefix) } });
    url = group.urlAs('perennial', PASSWORD);
    events = [];
    const options = { redisUrl: url, keyPrefix: prefix, secretKeys: SECRET_KEYS };
    replicas = await Promise.all(
      ['a', 'b'].map((instanceId) => startReplicaApp({ ...options, instanceId }, (event) => void events.push(event))),
    );
    caller = await createCaller(url, prefix, { secretKeys: SECRET_KEYS });
    [worker, gateway] = [connect('chat'), connect('gateway')];
    publisher = createRunPublisher({ connections: worker, durableIntervalMs: 100 });
    subscriber = createRunStreamSubscriber({ connections: gateway, lookup: () => Promise.resolve(undefined) });
    await waitFor(() =>
      [worker, gateway].every(({ commands, subscriptions }) => commands.status === 'ready' && subscriptions.isLive),
    );
  });

  afterAll(async () => {
    await publisher.close();
    await subscriber.close();
    caller.close();
    worker.close();
    gateway.close();
    await Promise.all(replicas.map((replica) => replica.close()));
    await group.stop();
  });

  beforeEach(() => group.heal());

  /** People who call one thing after another, and try again when they are told to. */
  function keepCalling(): { stop(): Promise<{ calls: number; refused: number; failed: string[] }> } {
    let going = true;
    const seen = { calls: 0, refused: 0, failed: [] as string[] };
    const lane = async (): Promise<void> => {
      while (going) {
        const key = randomUUID();
        const n = seen.calls;
        seen.calls += 1;
        for (;;) {
          try {
            const reply = await caller.rpc.call(
              KEYED,
              { n, workMs: 5 },
              { principal: TESTER, key, deadlineMs: 15_000 },
            );
            if (reply.n !== n || reply.key !== key) seen.failed.push(`the reply to ${n} is of ${reply.n}`);
            break;
          } catch (error) {
            if (!(error instanceof CallError) || error.code !== 'UNAVAILABLE') {
              seen.failed.push(String(error));
              break;
            }
            seen.refused += 1;
            await sleep(100);
          }
        }
      }
    };
    const lanes = Promise.all(Array.from({ length: CALLERS }, lane));
    return {
      stop: async () => {
        going = false;
        await lanes;
        return seen;
      },
    };
  }

  /** Answers that are written and read until the end of `disturb`. Every reader must show every one, without a step back. */
  async function streamDuring(disturb: (runIds: string[]) => Promise<void>): Promise<void> {
    const runs = Array.from({ length: RUNS }, () => chatRun());
    const readers = runs.map(({ userId }) => Reader.ofUser(subscriber, userId));
    const writers = runs.map((identity) =>
      publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => expect.unreachable('a run was fenced')),
    );
    for (const writer of writers) writer.append('Once upon a time ');
    await Promise.all(readers.map((reader) => reader.shows('Once upon a time ')));
    let going = true;
    const write = async (): Promise<void> => {
      for (let n = 0; going; n += 1) {
        for (const writer of writers) writer.append(`${n} `);
        await sleep(10);
      }
    };
    const writing = write();
    for (const reader of readers) reader.forget();
    await disturb(runs.map(({ runId }) => runId));
    await sleep(500);
    going = false;
    await writing;
    await Promise.all(writers.map((writer) => writer.end(completed(writer.position))));
    await Promise.all(readers.map((reader) => reader.sawEnd(15_000)));
    for (const [index, reader] of readers.entries()) {
      expect(reader.text).toBe(writers[index]?.text);
      expect(reader.resets).toBe(0);
    }
    const stored = await Promise.all(runs.map(({ runId }) => publisher.read(runId)));
    expect(stored.map((run) => run?.text)).toEqual(writers.map((writer) => writer.text));
  }

  /** Whose slots a call and its reply go through, and a reader's live text. */
  const owners = () => ['chat', caller.connections.processId, shortTag(gateway.processId), TO_ALL];

  it('calls, large replies, messages to all, and text arrive', async () => {
    const { text } = await caller.rpc.call(TEXT, { text: 'ä'.repeat(300_000), length: 400_000 }, { principal: TESTER });
    expect(text).toHaveLength(400_000);
    const heard: string[] = [];
    const channel = `${worker.keyspace.of(TO_ALL)}:notice:shapes`;
    await gateway.subscriptions.subscribe(channel, (message) => void heard.push(message));
    await worker.publish(channel, 'hello');
    await waitFor(() => heard.length === 1);
    await streamDuring(async () => {
      await sleep(300);
    });
    const report = await inspectShape(worker);
    expect(report).toEqual(
      group instanceof RedisCluster
        ? { shape: 'cluster', replicas: 1, coveredSlots: 16_384 }
        : { shape: 'sentinel', replicas: 2, sentinels: { named: 3, reachable: 3, hasQuorum: true } },
    );
    const fleet = await readFleet(worker);
    expect(fleet.map(({ service, instance }) => `${service} ${instance}`)).toEqual(
      expect.arrayContaining(['chat a', 'chat b', 'chat chat', 'gateway caller', 'gateway gateway']),
    );
  });

  it('a user with the documented rights is refused nothing, and may do nothing else', async () => {
    await readFleet(worker);
    await inspectShape(worker);
    for (const { port } of group.servers) expect(await group.command(port, 'ACL', 'LOG')).toEqual([]);
    for (const command of ['FLUSHALL', 'KEYS *', 'CONFIG GET *', `GET another:key`, 'CLIENT KILL TYPE normal'])
      await expect(
        worker.askServers((server) => server.call(...(command.split(' ') as [string, ...string[]]))),
      ).rejects.toThrow(/NOPERM/);
  });

  it.each(['dies', 'hangs'] as const)('a primary that %s loses no call and no letter of an answer', async (how) => {
    const calling = keepCalling();
    await streamDuring(async ([runId = '']) => {
      // On a Cluster the node of the calls, or that of an answer.
      await group.failOver(worker.keyspace.of(how === 'dies' ? 'chat' : runId), how);
      await sleep(300);
      await group.heal();
    });
    const { calls, failed } = await calling.stop();
    expect(failed).toEqual([]);
    expect(calls).toBeGreaterThan(50);
  });

  it.skipIf(start === startRedisSentinel)('slots that move under load lose nothing', async () => {
    const cluster = group as RedisCluster;
    const calling = keepCalling();
    await streamDuring(async ([runId = '']) => {
      for (const owner of [...owners(), runId, 'registry']) await cluster.moveSlot(worker.keyspace.of(owner));
    });
    const { calls, failed } = await calling.stop();
    expect(failed).toEqual([]);
    expect(calls).toBeGreaterThan(50);
  });

  it.skipIf(start === startRedisSentinel)('while one shard is away, calls through the others go on', async () => {
    const cluster = group as RedisCluster;
    const portOf = (owner: string) => cluster.primaryPort(worker.keyspace.of(owner));
    const needed = [await portOf('chat'), await cluster.primaryPort(fleetKey(prefix))];
    const away = (await cluster.primaryPorts()).find((port) => !needed.includes(port)) ?? 0;
    let service = 'other';
    while ((await portOf(service)) !== away) service += '-';
    // Replies to a process go through its own slot. The way to `chat` is not connected yet.
    let through = await createCaller(url, prefix, { secretKeys: SECRET_KEYS });
    const callers = [through];
    while ((await portOf(through.connections.processId)) === away)
      callers.push((through = await createCaller(url, prefix, { secretKeys: SECRET_KEYS })));
    const servers = await cluster.shardOf(away);
    for (const server of servers) await server.pause();
    try {
      const other = { ...READ, service: service as typeof READ.service, pattern: `${service}.read` };
      const waiting = through.rpc.call(other, { n: 1 }, { principal: TESTER }).then(
        () => 'answered',
        (error: unknown) => (error instanceof CallError ? error.code : String(error)),
      );
      for (let n = 0; n < 50; n += 1)
        expect(await through.rpc.call(READ, { n }, { principal: TESTER })).toMatchObject({ n });
      expect(await waiting).toBe('UNAVAILABLE');
      // Whoever is asked for the owners of slots may be the one that hangs.
      through.connections.commandsFor('chat').stream.destroy();
      expect(await through.rpc.call(READ, { n: 50 }, { principal: TESTER })).toMatchObject({ n: 50 });
      // Nothing asks just any node: one in three times it would be the one that hangs. Its connections cannot be asked for.
      for (let n = 0; n < 5; n += 1) {
        expect(await gateway.isReachable()).toBe(true);
        expect((await readFleet(gateway)).filter(({ state }) => state === 'gone')).toEqual([]);
      }
      await waitFor(async () => ((await inspectShape(gateway)).coveredSlots ?? 0) < 16_384);
    } finally {
      for (const server of servers) await server.cont();
      for (const each of callers) each.close();
    }
  });
});
