import type { SettingsVersion } from '@perennial/contracts-gateway';
import type { TakeOver } from '@perennial/e2e/support/owners';
import { describe, expect, it } from 'vitest';
import type { History, Outage } from '../record/history';
import { check } from './check';
import { outageFigures, unexcused } from './requests';
import { percentile, takeOverMs } from './take-overs';

const outage = (from: number, to: number, change: Partial<Outage> = {}): Outage => ({
  ...{ what: 'Redis', from, to, excuses: 'all', noTakeOverUntil: to, ...change },
});

function history(change: Partial<History> = {}): History {
  return {
    ...{ seed: 1, startedAt: 0, endedAt: 100_000, turns: [], takeOvers: [], faults: [], outages: [], requests: 100 },
    ...{ lostTails: [], uploads: [] },
    ...{ failedRequests: [], settings: { writes: [], reads: [] }, revocations: [], complaints: [] },
    ...change,
  };
}

const found = (change: Partial<History>) => check(history(change)).map(({ invariant }) => invariant);
const failed = (from: number, to: number, status?: number) => ({
  from,
  to,
  what: 'GET',
  ...(status ? { status } : {}),
});
const write = (value: number, acknowledgedAt: number) => ({ value, sentAt: acknowledgedAt - 10, acknowledgedAt });
const read = (value: number, sentAt: number, gateway = 'a', applied: SettingsVersion = { c: value }) => ({
  reader: 'r',
  gateway,
  sentAt,
  at: sentAt + 5,
  applied,
  value,
});
const takeOver = (newEpochAt: number): TakeOver => ({ runId: 'r', lostAt: 1_000, suspected: false, newEpochAt });

const wavering = [read(2, 950), read(1, 1_200), read(2, 1_300), read(1, 1_400)];

describe('planted violations are found', () => {
  it.each<[string, Partial<History>, string]>([
    ['a request that failed in no outage', { failedRequests: [failed(5, 6, 503)] }, 'requests fail in outages only'],
    [
      'an error while only connections may break',
      { failedRequests: [failed(5, 6, 503)], outages: [outage(0, 10, { excuses: 'broken connections' })] },
      'requests fail in outages only',
    ],
    [
      'another request while only answers may fail',
      { failedRequests: [failed(5, 6, 502)], outages: [outage(0, 10, { excuses: 'answers' })] },
      'requests fail in outages only',
    ],
    [
      'another request while only uploads may fail',
      { failedRequests: [failed(5, 6, 503)], outages: [outage(0, 10, { excuses: 'uploads' })] },
      'requests fail in outages only',
    ],
    [
      'outages all the time',
      { outages: [outage(0, 40_000), outage(30_000, 70_000)] },
      'outages are short and mostly survived',
    ],
    [
      'most requests fail in outages',
      { requests: 2, failedRequests: [failed(5, 6, 503)], outages: [outage(0, 10)] },
      'outages are short and mostly survived',
    ],
    [
      'a setting that goes back',
      { settings: { writes: [], reads: [read(2, 10), read(1, 20)] } },
      'settings never go back',
    ],
    [
      'a version of the settings that goes back',
      { settings: { writes: [], reads: [read(2, 10, 'a', { c: 2, a: 7 }), read(2, 20, 'a', { c: 2, a: 6 })] } },
      'settings never go back',
    ],
    [
      'a setting that is not everywhere after a second',
      { settings: { writes: [write(2, 1_000)], reads: [read(1, 2_100)] } },
      'settings are everywhere within a second',
    ],
    [
      'a revoked session that is answered a second later',
      { revocations: [{ what: 'demoted', acknowledgedAt: 0, probes: [{ gateway: 'a', sentAt: 1_001, status: 200 }] }] },
      'a revoked session is refused within a second',
    ],
    ['a late take-over', { takeOvers: [takeOver(6_001)] }, 'a take-over takes at most 5 s'],
    [
      'a promise that was not kept',
      { complaints: [{ person: 'Ada', from: 1, to: 2, what: 'nothing is found' }] },
      'people get what they were promised',
    ],
    [
      'a complaint while only answers may fail',
      {
        complaints: [{ person: 'Ada', from: 1, to: 2, what: 'nothing is found' }],
        outages: [outage(0, 10, { excuses: 'answers' })],
      },
      'people get what they were promised',
    ],
    [
      'somebody who waits long beside an outage',
      { complaints: [{ person: 'Ada', from: 0, to: 20_000, what: 'nothing is found' }], outages: [outage(0, 4_000)] },
      'people get what they were promised',
    ],
    [
      'a chat that is gone, in an outage',
      {
        complaints: [{ person: 'Ada', from: 1, to: 2, what: 'gone', missing: { kind: 'chat', acknowledgedAt: 1_000 } }],
        outages: [outage(0, 10)],
        lostTails: [{ from: 1_001, to: 1_100 }],
      },
      'people get what they were promised',
    ],
    [
      'an old setting while only answers may fail',
      {
        settings: { writes: [write(2, 1_000)], reads: [read(1, 2_100)] },
        outages: [outage(0, 3_000, { excuses: 'answers' })],
      },
      'settings are everywhere within a second',
    ],
    [
      'a setting that goes back twice after a failover',
      { lostTails: [{ from: 1_000, to: 1_100 }], settings: { writes: [], reads: wavering } },
      'settings never go back',
    ],
    [
      'a setting that a failover cannot have lost',
      {
        lostTails: [{ from: 1_000, to: 1_100 }],
        settings: { writes: [write(2, 900)], reads: [read(2, 950), read(1, 1_200)] },
      },
      'settings never go back',
    ],
    [
      'an ended session that a failover cannot have lost',
      {
        lostTails: [{ from: 1, to: 2 }],
        revocations: [{ what: 'demoted', acknowledgedAt: 0, probes: [{ gateway: 'a', sentAt: 1_001, status: 200 }] }],
      },
      'a revoked session is refused within a second',
    ],
    [
      'a process that did not come back, in an outage',
      { complaints: [{ person: 'operator', from: 1, to: 2, what: 'not ready' }], outages: [outage(0, 10)] },
      'people get what they were promised',
    ],
    [
      'a turn that is lost',
      {
        turns: [
          {
            ...{ turn: 1, person: 'p', from: 0, to: 1, readers: [], providerCalls: 0, titleCalls: 0, claims: 0 },
            ...{ ownerLosses: 0, turnsOfChat: 1, expectedText: '' },
          },
        ],
      },
      'accepted is answered',
    ],
  ])('%s', (_, change, invariant) => expect(found(change)).toContain(invariant));
});

describe('a history without fault', () => {
  it.each<[string, Partial<History>]>([
    ['empty', {}],
    ['a request that failed in an outage', { failedRequests: [failed(5, 6, 503)], outages: [outage(0, 10)] }],
    [
      'a program that is told that the provider failed, while answers may fail',
      {
        failedRequests: [{ ...failed(5, 6, 502), answer: true }],
        outages: [outage(0, 10, { excuses: 'answers' })],
      },
    ],
    [
      'a connection that broke as a gateway died',
      { failedRequests: [failed(5, 6)], outages: [outage(0, 10, { excuses: 'broken connections' })] },
    ],
    [
      'a gateway that has just started, and does not know every version',
      { settings: { writes: [], reads: [read(2, 10, 'a', { c: 2, a: 7 }), read(2, 20, 'a', { a: 8 })] } },
    ],
    [
      'settings that differ between gateways for a moment',
      { settings: { writes: [write(2, 1_000)], reads: [read(2, 1_500), read(1, 1_600, 'b'), read(2, 2_100, 'b')] } },
    ],
    [
      'a revoked session that is refused in time',
      {
        revocations: [
          {
            ...{ what: 'demoted', acknowledgedAt: 0 },
            probes: [
              { gateway: 'a', sentAt: 900, status: 200 },
              { gateway: 'a', sentAt: 1_100, status: 401 },
            ],
          },
        ],
      },
    ],
    [
      'a change and an ended session that a failover lost',
      {
        lostTails: [{ from: 1_000, to: 1_100 }],
        settings: { writes: [write(1, 900), write(2, 1_050)], reads: [read(2, 1_060), read(1, 2_200)] },
        revocations: [
          { what: 'demoted', acknowledgedAt: 1_050, probes: [{ gateway: 'a', sentAt: 3_000, status: 200 }] },
        ],
      },
    ],
    [
      'a document that failed while the provider was away',
      {
        complaints: [{ person: 'Ada', from: 1, to: 2, what: 'failed', document: true }],
        outages: [outage(0, 10, { excuses: 'answers' })],
      },
    ],
    ['a take-over in time', { takeOvers: [takeOver(6_000)] }],
    ['a take-over after Redis', { takeOvers: [takeOver(8_000)], outages: [outage(2_000, 5_000)] }],
    [
      'a complaint in an outage',
      { complaints: [{ person: 'Ada', from: 1, to: 2, what: 'nothing is found' }], outages: [outage(0, 10)] },
    ],
  ])('%s', (_, change) => expect(found(change)).toEqual([]));
});

describe('times', () => {
  it('leaves out the time in which a store was down', () => {
    const lost = { runId: 'r', lostAt: 1_000, suspected: false };
    expect(takeOverMs(lost, 5_000, [])).toBe(4_000);
    expect(takeOverMs(lost, 5_000, [outage(0, 2_000)])).toBe(3_000);
    expect(takeOverMs(lost, 5_000, [outage(4_500, 9_000)])).toBe(3_500);
    expect(takeOverMs(lost, 5_000, [outage(0, 2_000, { noTakeOverUntil: undefined })])).toBe(4_000);
    expect(takeOverMs(lost, 5_000, [outage(2_000, 3_000, { detectedAnewFrom: 3_000 })])).toBe(2_000);
    expect(takeOverMs(lost, 5_000, [outage(4_500, 9_000, { detectedAnewFrom: 9_000 })])).toBe(3_500);
  });

  it('a failed request is excused only by an outage that it overlaps', () => {
    const outside = (from: number, to: number) => unexcused([failed(from, to)], [outage(100, 200)]).length;
    expect([outside(0, 99), outside(0, 100), outside(150, 160), outside(200, 300), outside(201, 300)]).toEqual([
      1, 0, 0, 0, 1,
    ]);
  });

  it('counts the time of overlapping outages once', () => {
    const outages = [outage(0, 10_000), outage(5_000, 20_000), outage(90_000, 200_000)];
    const { share, failedInside } = outageFigures(
      history({ outages, failedRequests: [failed(1, 2), failed(50_000, 50_001)] }),
    );
    expect(share).toBeCloseTo(0.3);
    expect(failedInside).toBe(1);
  });

  it('computes the percentile of a bound', () => {
    expect(percentile([], 0.99)).toBeNull();
    expect(percentile([3, 1, 2], 0.99)).toBe(3);
    expect(
      percentile(
        Array.from({ length: 200 }, (_, i) => i + 1),
        0.99,
      ),
    ).toBe(198);
  });
});
