import type { RouteReply, routes } from '@perennial/contracts-gateway';
import type { FleetMember } from '@perennial/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

type FleetReply = RouteReply<typeof routes.fleet.list>;
type Versions = RouteReply<typeof routes.configs.appliedVersions>;

const member = (change: Partial<FleetMember>): FleetMember => ({
  service: 'chat',
  instance: 'chat-1',
  version: '1.0.0',
  state: 'ready',
  startedAt: 1_000,
  seenAt: 2_000,
  address: null,
  load: { cpu: 0.5, loop: 0.4, loopDelayMs: 3, bytes: 104_857_600, inFlight: null },
  role: 'worker',
  runs: 2,
  queue: 5,
  takeOvers: 1,
  settings: 'c0',
  retrievalSettings: null,
  placements: ['eu'],
  placementPrints: { eu: 'a1b2c3' },
  vectorStores: { default: 'd4e5f6' },
  blobStores: null,
  dependencies: [{ name: 'postgres', ok: false }],
  lastError: { id: 'err-1', code: 'UNAVAILABLE', at: 1_500 },
  ...change,
});

// Who may not call the routes: `access.spec.ts` tries every route.
describe('the fleet on the wire', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const read = async <T>(url: string): Promise<T> => {
    edge.fleet.length = 0;
    edge.fleet.push(...members);
    return (await edge.app.inject({ url, headers: edge.account('admin').headers })).json<T>();
  };
  let members: FleetMember[] = [];

  it('shows each process in the wire’s words, and no commands of operators', async () => {
    members = [
      member({}),
      member({ service: 'cli', instance: 'cli-1' }),
      member({ instance: 'chat-0', version: '0.9.0' }),
    ];
    const { processes, versions } = await read<FleetReply>('/api/v1/fleet');
    expect(processes).toHaveLength(2);
    expect(processes[0]).toMatchObject({
      started_at: 1,
      seen_at: 2,
      load: { memory_mb: 100, loop_delay_ms: 3 },
      take_overs: 1,
      settings_version: 'c0',
      placements: ['eu'],
      placement_fingerprints: { eu: 'a1b2c3' },
      vector_stores: { default: 'd4e5f6' },
      dependencies: [{ name: 'postgres', ok: false }],
      last_error: { id: 'err-1', code: 'UNAVAILABLE', at: 1.5 },
    });
    expect(versions).toEqual({ chat: ['1.0.0', '0.9.0'] });
  });

  it('a reply has at most 500 processes; those that are gone are left out first', async () => {
    members = Array.from({ length: 600 }, (_, at) =>
      member({ instance: `chat-${at}`, state: at < 200 ? 'gone' : 'ready' }),
    );
    await expect.poll(async () => (await read<FleetReply>('/api/v1/fleet')).omitted, { timeout: 5_000 }).toBe(100);
    const { processes } = await read<FleetReply>('/api/v1/fleet');
    expect(processes).toHaveLength(500);
    expect(processes.filter(({ state }) => state === 'ready')).toHaveLength(400);
  });

  it('names the replicas that are behind, by what each applies', async () => {
    members = [
      member({}),
      member({ service: 'retrieval', instance: 'retrieval-1', settings: null, retrievalSettings: 4 }),
      member({ service: 'auth', instance: 'auth-1', settings: null }),
      member({ instance: 'chat-2', state: 'gone' }),
    ];
    await expect
      .poll(
        async () =>
          (await read<Versions>('/api/v1/configs/version')).replicas.map(({ instance, behind }) => [instance, behind]),
        {
          timeout: 5_000,
        },
      )
      .toEqual([
        ['chat-1', false],
        ['retrieval-1', false],
      ]);
  });
});
