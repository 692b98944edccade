import { describe, expect, it } from 'vitest';
import type { ReaderEvent } from '../support/reader-event';
import { check, isSettled, percentile, takeOverMs, unexcused } from './checker';
import type { TurnHistory } from './history';

const delta = (offset: number, text: string, generation = 1): ReaderEvent => ({
  at: 0,
  kind: 'delta',
  generation,
  offset,
  text,
});
const reset = (text: string, generation = 1): ReaderEvent => ({ at: 0, kind: 'reset', generation, text });
const end: ReaderEvent = { at: 0, kind: 'end', state: 'completed' };
const endWith = (text: string): ReaderEvent => ({ at: 0, kind: 'end', state: 'completed', text });
const reconnect: ReaderEvent = { at: 0, kind: 'reconnect' };

const stored = { state: 'completed', text: 'abcd', userMessages: 1, answers: 1, chargedDeaths: 0 };

function turn(change: Partial<TurnHistory> = {}): TurnHistory {
  return {
    turn: 1,
    accepted: { at: 0, runId: 'r', chatId: 'c', messageId: 'm' },
    readers: [{ via: 'sse', events: [delta(0, 'ab'), delta(2, 'cd'), end] }],
    providerCalls: 1,
    ownerLosses: 0,
    stored,
    expectedText: 'abcd',
    ...change,
  };
}

const reader = (via: 'sse' | 'socket', ...events: ReaderEvent[]) => ({ readers: [{ via, events }] });
const found = (change: Partial<TurnHistory>) => check([turn(change)]).map(({ kind, what }) => `${kind}: ${what}`);

describe('a history without fault', () => {
  it.each<[string, Partial<TurnHistory>]>([
    ['undisturbed', {}],
    ['resumed by cursor', reader('sse', delta(0, 'ab'), reconnect, delta(2, 'cd'), end)],
    ['set back by a take-over', reader('sse', delta(0, 'abX'), reset('ab'), delta(2, 'cd'), end)],
    ['a new generation', reader('sse', delta(0, 'zz'), reset('', 2), delta(0, 'abcd', 2), end)],
    ['a socket that joined again', reader('socket', delta(0, 'a'), reconnect, reset('abc'), delta(3, 'd'), end)],
    ['a socket that missed the end', reader('socket', delta(0, 'ab'), reconnect)],
    ['a socket that saw all of it', reader('socket', delta(0, 'abcd'), endWith('abcd'))],
    [
      'an end told again to who came back',
      reader('socket', delta(0, 'abcd'), endWith('abcd'), reconnect, endWith('abcd')),
    ],
    ['a death charged for a lost owner', { stored: { ...stored, chargedDeaths: 1 }, ownerLosses: 1 }],
    ['one call more for a lost owner', { providerCalls: 2, ownerLosses: 1 }],
  ])('%s', (_, change) => expect(found(change)).toEqual([]));
});

describe('planted violations are found', () => {
  it.each<[string, Partial<TurnHistory>, string]>([
    ['a turn never accepted', { accepted: undefined }, 'lost: the turn was never accepted'],
    ['a turn not stored', { stored: undefined }, 'lost: the accepted turn is not stored'],
    ['a failed run', { stored: { ...stored, state: 'failed' } }, 'lost: the run ended as failed'],
    [
      'another text stored',
      { stored: { ...stored, text: 'abXd' } },
      "lost: the stored text is not the provider's: they part at 2 (lengths 4 and 4)",
    ],
    ['a user message twice', { stored: { ...stored, userMessages: 2 } }, 'duplicated: the chat has 2 user messages'],
    ['an answer twice', { stored: { ...stored, answers: 2 } }, 'duplicated: the chat has 2 answers'],
    ['a provider call too many', { providerCalls: 2 }, 'duplicated: 2 provider calls for 0 lost owners'],
    ['a provider never asked', { providerCalls: 0 }, 'lost: the provider was never asked'],
    ['a gap', reader('sse', delta(0, 'a'), delta(2, 'cd'), end), 'lost: sse: a gap of 1 at 1'],
    [
      'a gap after a reconnect',
      reader('socket', delta(0, 'a'), reconnect, delta(2, 'cd'), end),
      'lost: socket: a gap of 1 at 1 after joining',
    ],
    ['text twice', reader('sse', delta(0, 'ab'), delta(1, 'bcd'), end), 'duplicated: sse: text from 1 came again at 2'],
    ['two ends', reader('sse', delta(0, 'abcd'), end, end), 'duplicated: sse: the end was told twice'],
    [
      'two ends at a socket',
      reader('socket', delta(0, 'abcd'), endWith('abcd'), endWith('abcd')),
      'duplicated: socket: the end was told twice',
    ],
    ['no end at a socket', reader('socket', delta(0, 'abcd')), 'lost: socket: no end was told'],
    [
      'no end at a socket that came back and heard more',
      reader('socket', delta(0, 'ab'), reconnect, reset('abcd')),
      'lost: socket: no end was told',
    ],
    ['a socket that heard nothing', reader('socket'), 'lost: socket: no end was told'],
    [
      'wrong text that the end sets right',
      reader('socket', delta(0, 'abXd'), endWith('abcd')),
      'lost: socket: the end tells another text: they part at 2 (lengths 4 and 4)',
    ],
    [
      'a death charged to a bystander',
      { stored: { ...stored, chargedDeaths: 1 } },
      'duplicated: 1 deaths were charged for 0 lost owners',
    ],
    ['no end', reader('sse', delta(0, 'abcd')), 'lost: sse: no end was told'],
    [
      'text after the end',
      reader('sse', delta(0, 'abc'), end, delta(3, 'd')),
      'duplicated: sse: text came after the end',
    ],
    [
      'a mix of generations',
      reader('sse', delta(0, 'ab'), delta(0, 'abcd', 2), end),
      'lost: sse: generation went from 1 to 2 without a reset',
    ],
    [
      'a short text',
      reader('sse', delta(0, 'abc'), end),
      'lost: sse: the text shown is not the stored one: they part at 3 (lengths 3 and 4)',
    ],
  ])('%s', (_, change, what) => expect(found(change)).toContain(what));
});

describe('times', () => {
  it('leaves out the time in which a store was down', () => {
    const takeOver = { runId: 'r', lostAt: 1_000, suspected: false };
    expect(takeOverMs(takeOver, 5_000, [])).toBe(4_000);
    const outage = { what: 'Redis', stopsTakeOvers: true };
    expect(takeOverMs(takeOver, 5_000, [{ ...outage, from: 0, to: 2_000 }])).toBe(3_000);
    expect(takeOverMs(takeOver, 5_000, [{ ...outage, from: 4_500, to: 9_000 }])).toBe(3_500);
    expect(takeOverMs(takeOver, 5_000, [{ ...outage, from: 0, to: 2_000, stopsTakeOvers: false }])).toBe(4_000);
  });

  it('a failed request is excused only by an outage that it overlaps', () => {
    const outages = [{ what: 'Redis', from: 100, to: 200, stopsTakeOvers: true }];
    const failed = (from: number, to: number) => unexcused([{ from, to, what: '503' }], outages).length;
    expect([failed(0, 99), failed(0, 100), failed(150, 160), failed(200, 300), failed(201, 300)]).toEqual([
      1, 0, 0, 0, 1,
    ]);
  });

  it('a reader is waited for until it has its end or must fetch it', () => {
    expect(isSettled([])).toBe(false);
    expect(isSettled([delta(0, 'a')])).toBe(false);
    expect(isSettled([delta(0, 'a'), reconnect])).toBe(true);
    expect(isSettled([delta(0, 'a'), reconnect, reset('ab')])).toBe(false);
    expect(isSettled([delta(0, 'a'), end])).toBe(true);
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
