import { type ProcessStatus, Runtime } from '@perennial/runtime';
import { freshPrefix, readDataPage, redisUrl, startRedis, waitFor } from '@perennial/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connections } from './connections';
import { isServiceAway, readFleet } from './fleet';
import { FleetReporter } from './fleet-reporter';
import { fleetKey } from './fleet-reports';

// Real: Redis, the connections and reports of several processes; they run in this one.
describe('the registry of the fleet', () => {
  let keyPrefix: string;
  let reader: Connections;
  const opened: Connections[] = [];

  beforeEach(async () => {
    keyPrefix = freshPrefix('fleet');
    reader = await connect('cli', 'cli-1');
  });
  afterEach(() => {
    for (const connections of opened.splice(0)) connections.close();
  });

  async function connect(service: string, instanceId: string, url = redisUrl()): Promise<Connections> {
    const connections = new Connections({ redisUrl: url, keyPrefix, service, instanceId });
    opened.push(connections);
    await waitFor(() => connections.commands.status === 'ready');
    return connections;
  }

  const fleet = async () => {
    const all = await readFleet(reader);
    return all.filter(({ service }) => service !== 'cli');
  };
  const states = async () => (await fleet()).map(({ instance, state }) => `${instance} ${state}`);

  /** A process that reports until `pause` is called. */
  async function start(instance: string, url?: string) {
    const connections = await connect('chat', instance, url);
    const runtime = new Runtime({ name: 'chat', logLevel: 'silent' });
    runtime.readiness.started();
    let isPaused = false;
    const status = (): Promise<ProcessStatus> => (isPaused ? new Promise(() => undefined) : runtime.status.read());
    const reporter = new FleetReporter(connections, status);
    reporter.start();
    const hasReported = () => reader.commands.hexists(fleetKey(keyPrefix), connections.processId);
    await waitFor(async () => (await hasReported()) === 1);
    await waitFor(async () => (await states()).includes(`${instance} ready`));
    return { connections, runtime, reporter, pause: () => (isPaused = true) };
  }

  it('a process says how it is, each second', async () => {
    const { runtime } = await start('chat-1');
    runtime.status.provide({ role: () => 'worker', runs: () => 3, takeOvers: () => 1, settings: () => 'c5' });
    runtime.log.error({
      err: Object.assign(new Error('refused by 10.0.0.1'), { code: 'ECONNREFUSED' }),
      error_id: 'err-1',
    });
    await waitFor(async () => (await fleet())[0]?.runs === 3, { timeoutMs: 10_000 });
    const [one] = await fleet();
    expect(one).toMatchObject({ service: 'chat', role: 'worker', takeOvers: 1, settings: 'c5' });
    expect(one?.load?.bytes).toBeGreaterThan(1_000_000);
    expect(one?.address).toContain(':');
    expect(JSON.stringify(one)).not.toContain('10.0.0.1');
  });

  it('a paused one is silent, a killed one is gone, one that ended in order is not missed, and a draining one says so', async () => {
    const paused = await start('chat-1');
    const killed = await start('chat-2');
    const stopped = await start('chat-3');
    const draining = await start('chat-4');
    paused.pause();
    killed.pause();
    killed.connections.close();
    draining.runtime.readiness.draining();
    await stopped.reporter.stop();
    stopped.connections.close();
    await waitFor(async () => (await states()).join() === 'chat-1 silent,chat-2 gone,chat-4 draining', {
      timeoutMs: 20_000,
    });
  });

  it('a process that was started again under the same name is not taken for the one that died', async () => {
    const first = await start('chat-1');
    first.pause();
    first.connections.close();
    await waitFor(async () => (await states()).join() === 'chat-1 gone', { timeoutMs: 20_000 });
    await start('chat-1');
    expect((await states()).sort()).toEqual(['chat-1 gone', 'chat-1 ready']);
  });

  it('a service is away without a replica that answers calls, and as soon as the last one has no connection', async () => {
    const isAway = () => isServiceAway(reader, 'chat');
    expect(await isAway()).toBe(true);
    const worker = await start('chat-1');
    worker.runtime.status.provide({ role: () => 'worker' });
    await waitFor(isAway);
    expect(await isServiceAway(reader, 'cli')).toBe(false);
    const replica = await start('chat-2');
    expect(await isAway()).toBe(false);
    replica.connections.close();
    const closedAt = performance.now();
    await waitFor(isAway);
    // Earlier than its report is missed.
    expect(performance.now() - closedAt).toBeLessThan(1_000);
    await connect('chat', 'of-an-earlier-version');
    expect(await isAway()).toBe(false);
  });

  it('a process of a version that does not report is seen by its connection', async () => {
    await connect('auth', 'auth-1');
    expect(await fleet()).toMatchObject([{ instance: 'auth-1', state: 'connected', load: null, startedAt: null }]);
  });

  it('malformed reports are left out, incomplete ones of another version are not', async () => {
    const key = fleetKey(keyPrefix);
    const { commands } = reader;
    const now = Number((await commands.time())[0]) * 1_000;
    await commands.hset(key, {
      a: 'nothing',
      b: `${now} {"service":`,
      c: `x {"service":"chat"}`,
      d: `${now} ${JSON.stringify({ service: 'chat', instance: 'x'.repeat(10_000), version: '1', startedAt: 1 })}`,
      e: `${now} ${JSON.stringify({ service: 'chat', instance: 'next', version: '9.0.0', startedAt: 1, runs: 'many', later: {} })}`,
    });
    expect((await fleet()).map(({ instance, runs }) => [instance, runs])).toEqual([['next', null]]);
  });

  it('a Redis that forbids the list of connections is enough', async () => {
    const { keyspace } = reader;
    const commands = reader.commandsFor('');
    const user = `user-${keyPrefix}`;
    await start('chat-1');
    await commands.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-client|list');
    const limited = commands.duplicate();
    try {
      await waitFor(() => limited.status === 'ready');
      await limited.call('AUTH', user, 'secret');
      expect(
        await readFleet({ commands: limited, askServers: async (ask) => [await ask(limited)], keyPrefix, keyspace }),
      ).toMatchObject([{ instance: 'chat-1', state: 'ready', address: null }]);
    } finally {
      limited.disconnect();
      await commands.call('ACL', 'DELUSER', user);
    }
  });

  it('in a full Redis processes go on to report', async () => {
    const server = await startRedis();
    try {
      reader = await connect('cli', 'cli-1', server.url);
      const { runtime } = await start('chat-1', server.url);
      await reader.commandsFor('').config('SET', 'maxmemory', '1');
      await expect(reader.commands.set('key', 'value')).rejects.toThrow('OOM');
      runtime.status.provide({ runs: () => 7 });
      await waitFor(async () => (await fleet())[0]?.runs === 7, { timeoutMs: 10_000 });
      expect(await states()).toEqual(['chat-1 ready']);
    } finally {
      for (const connections of opened.splice(0)) connections.close();
      await server.stop();
    }
  });

  it('its key is on the page about data, and expires', async () => {
    await start('chat-1');
    expect((await readDataPage()).unnamedKeys([fleetKey(keyPrefix)], keyPrefix)).toEqual([]);
    expect(await reader.commands.pttl(fleetKey(keyPrefix))).toBeGreaterThan(0);
  });
});
