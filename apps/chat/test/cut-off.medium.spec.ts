import { freePort, type ManagedProcess, sleep, waitFor } from '@perennial/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { Proxy } from './proxy';
import type { World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('a disconnected process', () => {
  let world: World;
  let api: { handle: ManagedProcess; port: number };
  inWorld(
    async (started) => {
      world = started;
      api = await start('api');
    },
    { apart: true },
  );
  afterEach(() => world.endProcesses('worker'));

  async function start(role: 'api' | 'worker'): Promise<{ handle: ManagedProcess; port: number }> {
    const port = await freePort();
    return { port, handle: await world.chat(role, { HEALTH_PORT: String(port) }) };
  }

  it('from Postgres alone loses its runs to another, and stops the provider', async () => {
    // Both are ready before the answer begins: on a busy machine a worker's start takes longer than the answer.
    const proxies = await Promise.all([Proxy.start(world.stores.databaseUrl), Proxy.start(world.stores.databaseUrl)]);
    const workers = await Promise.all(proxies.map(({ url }) => world.chat('worker', { DATABASE_URL: url })));
    const turn = await world.ask({ model: 'sim-t600-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(300);
    const owner = await world.ownerOf(turn.runId);
    const aborted = world.simulator.stats().stream_aborted;
    await proxies[workers.indexOf(owner)]!.stop();
    await world.until(turn.runId, (row) => row.epoch === 2, 'epoch 2');
    await waitFor(() => world.simulator.stats().stream_aborted > aborted, { what: 'the old request to be aborted' });
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 2, deaths: 1 });
    expect(world.calls(turn.prompt)).toBe(2);
    await world.endProcesses('worker');
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }, 60_000);

  it('from Redis alone finishes its runs in Postgres; others publish their ends', async () => {
    const proxy = await Proxy.start(world.stores.redisUrl);
    await world.workers(1, { REDIS_URL: proxy.url });
    const turn = await world.ask({ model: 'sim-t300-r60-x' });
    const reader = await world.follow(turn.runId);
    await reader.has(300);
    await proxy.stop();
    expect(await world.complete(turn, reader)).toMatchObject({ epoch: 1, deaths: 0 });
    expect(world.calls(turn.prompt)).toBe(1);
    await world.until(turn.runId, (row) => row.published_at !== null, 'another to publish the end');
  }, 60_000);

  it('from a store is not ready, names it, survives, and is ready when the store is back', async () => {
    const worker = await start('worker');
    const both = [api, worker];
    const failing = async ({ port }: { port: number }): Promise<string[]> => {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
      const { checks } = (await response.json()) as { checks: { name: string; ok: boolean }[] };
      const names = checks.filter(({ ok }) => !ok).map(({ name }) => name);
      expect(response.status).toBe(names.length === 0 ? 200 : 503);
      return names;
    };
    const all = async (what: string, look: (names: string[]) => boolean): Promise<void> => {
      for (const one of both) await waitFor(async () => look(await failing(one)), { what, timeoutMs: 15_000 });
    };
    await world.stores.redis.kill();
    await all('Redis to be missed', (names) => names.includes('redis'));
    for (const { port } of both) expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    await world.stores.redis.start();
    await all('Redis to be back', (names) => names.length === 0);
    await world.stores.postgres.kill();
    await all('Postgres to be missed', (names) => names.includes('postgres'));
    await sleep(500);
    await world.stores.postgres.start();
    await all('Postgres to be back', (names) => names.length === 0);
    const turn = await waitFor(() => world.ask({ model: 'sim-t5-r100-x' }), { what: 'a turn to be taken' });
    await world.complete(turn, await world.follow(turn.runId));
  }, 60_000);
});
