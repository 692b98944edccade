import { describe, expect, it } from 'vitest';
import {
  type FleetProcess,
  type FleetReply,
  isBehind,
  latestSettings,
  servicesOf,
  summary,
  unknownPlacements,
} from './fleet-health';
import { curve, processKey, READINGS, remember } from './loads';

const NOW = 10_000;

const process = (change: Partial<FleetProcess>): FleetProcess => ({
  service: 'chat',
  role: 'all',
  instance: 'chat-1',
  version: '1.0.0',
  state: 'ready',
  started_at: 9_000,
  seen_at: NOW,
  address: null,
  load: { cpu: 0.25, loop: 0.1, loop_delay_ms: 1, memory_mb: 100, in_flight: null },
  runs: 0,
  queue: 0,
  take_overs: 0,
  settings_version: 'c5',
  placements: null,
  dependencies: [],
  last_error: null,
  ...change,
});

const fleetOf = (...processes: FleetProcess[]): FleetReply => ({
  processes,
  omitted: 0,
  versions: { chat: ['1.0.0'] },
});

const said = (fleet: FleetReply) => summary(servicesOf(fleet), NOW).join(' ');

describe('the health of the fleet', () => {
  it('says in one sentence that all is well', () => {
    expect(said(fleetOf(process({}), process({ instance: 'chat-2' })))).toBe('All 2 processes are ready.');
  });

  it('names who needs somebody, and shows it first', () => {
    const fleet = fleetOf(
      process({}),
      process({ instance: 'chat-2', state: 'degraded' }),
      process({ instance: 'chat-3', state: 'gone' }),
      process({ instance: 'chat-4', state: 'silent' }),
      process({ instance: 'chat-10', state: 'starting' }),
    );
    expect(said(fleet)).toBe(
      '1 of 5 processes are ready. chat-3 is gone. chat-2 is working without a part. chat-4 is silent. chat-10 is starting.',
    );
    expect(servicesOf(fleet)[0]?.processes.map(({ process }) => process.instance)).toEqual([
      'chat-3',
      'chat-2',
      'chat-4',
      'chat-10',
      'chat-1',
    ]);
  });

  it('names three of many', () => {
    const gone = Array.from({ length: 6 }, (_, at) => process({ instance: `chat-${at}`, state: 'gone' }));
    expect(said(fleetOf(...gone))).toContain('chat-0, chat-1, chat-2 and 3 more are gone.');
  });

  it('a dead process whose place is taken is no alarm, and is told for a minute', () => {
    const dead = (seconds: number) => process({ state: 'gone', started_at: 1_000, seen_at: NOW - seconds });
    const [service] = servicesOf(fleetOf(process({}), dead(5)));
    expect(service).toMatchObject({ processes: [{ health: 'fine' }], ended: [{ health: 'ended' }] });
    expect(said(fleetOf(process({}), dead(5)))).toBe('The one process is ready. chat-1 ended and was started again.');
    expect(said(fleetOf(process({}), dead(61)))).toBe('The one process is ready.');
  });

  it('a state of a later version worries, and is shown as it is called', () => {
    expect(servicesOf(fleetOf(process({ state: 'dreaming' })))[0]?.processes[0]?.health).toBe('worry');
  });

  it('knows who lacks settings that another has; only gateways apply those of auth', () => {
    const chat = process({ settings_version: 'c4' });
    const gateway = process({ service: 'gateway', settings_version: 'c5.a9' });
    const latest = latestSettings(fleetOf(chat, gateway));
    expect(latest).toEqual({ c: 5, a: 9 });
    expect(
      [chat, gateway, process({}), process({ settings_version: null })].map((one) => isBehind(one, latest)),
    ).toEqual([true, false, false, false]);
    expect(isBehind(process({ service: 'gateway', settings_version: 'c5.a8' }), latest)).toBe(true);
  });

  it('knows who lacks a placement that others have, unless it enforces none', () => {
    const both = process({ placements: ['eu', 'us'] });
    const one = process({ placements: ['us'] });
    const fleet = fleetOf(both, one, process({ state: 'gone', placements: ['old'] }));
    expect(unknownPlacements(one, fleet)).toEqual(['eu']);
    expect(unknownPlacements(both, fleet)).toEqual([]);
    expect(unknownPlacements(process({ placements: null }), fleet)).toEqual([]);
  });
});

describe('the curves of loads', () => {
  it('keep the latest minute of those that live, and forget who is not listed any more', () => {
    let loads = remember(undefined, [process({}), process({ instance: 'chat-2' })]);
    for (let at = 0; at < 100; at++) loads = remember(loads, [process({})]);
    const dead = process({ state: 'gone' });
    loads = remember(loads, [dead]);
    expect([...loads.keys()]).toEqual([processKey(dead)]);
    expect(loads.get(processKey(dead))).toHaveLength(READINGS);
  });

  it('end at the right, and stay in their box', () => {
    const points = curve([0, 5], READINGS - 1, 10).split(' ');
    expect(points).toEqual([`${READINGS - 2}.0,9.5`, `${READINGS - 1}.0,0.5`]);
  });
});
