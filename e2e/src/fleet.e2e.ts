import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { waitFor } from '@perennial/testing/servers';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetAt, statesOf, untilShown } from './propagation/fleet-watch';
import { MODEL, openPropagationSystem, type PropagationSystem } from './propagation/propagation-system';
import { randomChanges } from './propagation/random-changes';
import { Grants, TAKEN, untilRefused } from './propagation/refusals';
import { appliedAt, VersionWatch } from './propagation/version-watch';
import { http } from './support/http';

type Versions = RouteReply<typeof routes.configs.appliedVersions>;

/** Three gateways and what they know of each other, of all other processes, and of changes. */
describe('the fleet', () => {
  let running: PropagationSystem;
  let gateways: string[];
  let admin: { token: string };
  beforeAll(async () => {
    running = await openPropagationSystem();
    ({ gateways } = running.system);
    ({ admin } = running);
  });
  afterAll(() => running?.close());

  const fleet = () => fleetAt(gateways[0] ?? '', admin.token);
  const shown = (instance: string, state: string) => untilShown(gateways[0] ?? '', admin.token, instance, state);

  it('shows every process with its load, dependencies and applied version', async () => {
    const expected = [
      'auth-1',
      'auth-2',
      'chat-1',
      'chat-2',
      'config-1',
      'config-2',
      'gateway-1',
      'gateway-2',
      'gateway-3',
      'retrieval-1',
    ];
    await waitFor(
      async () => (await fleet()).processes.filter(({ state }) => state === 'ready').length === expected.length,
      {
        timeoutMs: 20_000,
        what: 'all processes to be ready in the fleet',
      },
    );
    const { processes, versions, omitted } = await fleet();
    expect(processes.map(({ instance }) => instance).sort()).toEqual(expected);
    expect(
      Object.values(versions)
        .flat()
        .every((version) => /^\d+\.\d+\.\d+$/.test(version)),
    ).toBe(true);
    expect(omitted).toBe(0);
    for (const { load, started_at: startedAt } of processes) {
      expect(load?.memory_mb).toBeGreaterThan(10);
      expect(startedAt).toBeGreaterThan(1_700_000_000);
    }
    const retrieval = processes.find(({ service }) => service === 'retrieval');
    const names = retrieval?.dependencies.filter(({ ok }) => ok).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['postgres', 'redis', 'vector store', 'blob store']));
    expect(processes.find(({ service }) => service === 'chat')).toMatchObject({ role: 'all', runs: 0, take_overs: 0 });
    expect(JSON.stringify(processes)).not.toContain('simulated');
  });

  it('each replica says which version it has applied, a second after a change at the latest', async () => {
    const versions = async () =>
      (await http<Versions>('GET', gateways[1] + routes.configs.appliedVersions.path, { token: admin.token })).body;
    await http('POST', gateways[0] + routes.configs.updateBanners.path, { token: admin.token, body: { banners: [] } });
    await waitFor(async () => (await versions()).replicas.every(({ behind }) => !behind), { timeoutMs: 10_000 });
    const { version, replicas } = await versions();
    expect(version).toMatch(/^c\d+\.a\d+$/);
    for (const service of ['gateway', 'chat', 'config', 'retrieval'])
      expect(replicas.map((replica) => replica.service)).toContain(service);
  });

  it.each(['delivered', 'dropped'])(
    'what was taken away is refused at each gateway, with messages %s',
    async (messages) => {
      const { link, user } = running;
      link.dropsNotices = messages === 'dropped';
      const grants = new Grants(gateways[0] ?? '', running.admin, user, MODEL);
      for (const [at, taken] of TAKEN.entries())
        await untilRefused(gateways, at % gateways.length, await grants.of(taken));
      link.dropsNotices = false;
    },
  );

  it('random changes are read back at other gateways, all converge, and none goes back but with its database', async () => {
    const { link, system } = running;
    const watch = new VersionWatch(gateways);
    const users = [{ email: 'user0@example.com' }];
    const before = await appliedAt(gateways[0] ?? '');
    await randomChanges({ gateways, admin: running.admin, users, link, watch, seed: 7, changes: 40, limitMs: 10_000 });
    const lost = (await appliedAt(gateways[0] ?? '')).c ?? 0;
    expect(lost).toBeGreaterThan(before.c ?? 0);
    await watch.restoring(before.c ?? 0, async () => {
      const client = new Client(system.postgresUrl);
      await client.connect();
      await client.query('UPDATE config.versions SET version = $1', [before.c]);
      await client.end();
    });
    const url = `${gateways[2]}${routes.configs.banners.path}?min_settings_version=c${lost}`;
    expect(await http('GET', url, { token: admin.token })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    await randomChanges({ gateways, admin: running.admin, users, link, watch, seed: 8, changes: 10, limitMs: 10_000 });
    await watch.close();
    expect(watch.wentBack).toEqual([]);
  });

  it('a killed process is seen, a paused one is silent, and both are told apart from those that live', async () => {
    const { system } = running;
    const paused = system.process('chat', 2);
    paused.signal('SIGSTOP');
    await shown('chat-2', 'silent');
    paused.signal('SIGCONT');
    await shown('chat-2', 'ready');
    await system.kill('chat', 1);
    await waitFor(async () => `${(await statesOf(gateways[0] ?? '', admin.token, 'chat-1')).sort()}` === 'gone,ready', {
      timeoutMs: 15_000,
      intervalMs: 50,
      what: 'the killed process and the one after it to be shown',
    });
  });
});
