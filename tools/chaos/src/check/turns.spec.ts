import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import { describe, expect, it } from 'vitest';
import type { AppliedFault, LostTail, Outage, TurnHistory } from '../record/history';
import { addReaderEvent } from '../record/reader-events';
import { isSettled } from './readers';
import { checkTurns } from './turns';

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

const stored = {
  ...{ state: 'completed', reason: '', text: 'abcd', userMessages: 1, answers: 1, chargedDeaths: 0 },
  cites: [] as string[],
};

function turn(change: Partial<TurnHistory> = {}): TurnHistory {
  return {
    ...{ turn: 1, person: 'p', from: 1_000, to: 2_000 },
    accepted: { at: 0, runId: 'r', chatId: 'c', messageId: 'm' },
    readers: [{ via: 'sse', events: [delta(0, 'ab'), delta(2, 'cd'), end] }],
    ...{ providerCalls: 1, titleCalls: 1, claims: 1, ownerLosses: 0, turnsOfChat: 1 },
    stored,
    expectedText: 'abcd',
    ...change,
  };
}

const fault: AppliedFault = { number: 0, nemesis: 'kill one', what: 'kill -9 chat-1', from: 1_500, to: 1_500 };
const outage: Outage = { what: 'Redis', from: 1_500, to: 1_600, excuses: 'all' };

const reader = (via: 'sse' | 'socket' | 'sdk', ...events: ReaderEvent[]) => ({ readers: [{ via, events }] });
const found = (
  change: Partial<TurnHistory>,
  faults: AppliedFault[] = [],
  outages: Outage[] = [],
  lostTails: LostTail[] = [],
) => checkTurns({ turns: [turn(change)], faults, outages, lostTails }).map(({ kind, what }) => `${kind}: ${what}`);

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
    [
      'text and end told again to who came back',
      reader('socket', delta(0, 'abcd'), end, reconnect, reset('abcd'), end),
    ],
    [
      'the same text from two sides, to who came back',
      reader('socket', delta(0, 'abcd'), end, reconnect, reset('abcd'), reset('abcd'), end),
    ],
    ['a page that was left', { readers: [{ via: 'sse', events: [delta(0, 'ab')], left: true }] }],
    [
      'stopped',
      { stopped: true, stored: { ...stored, state: 'cancelled', text: 'ab' }, ...reader('sse', delta(0, 'ab'), end) },
    ],
  ])('%s', (_, change) => expect(found(change)).toEqual([]));

  it('one claim and one call more for a fault', () => {
    const change = { providerCalls: 2, titleCalls: 2, claims: 2, stored: { ...stored, chargedDeaths: 1 } };
    expect(found(change, [fault])).toEqual([]);
  });

  it('the calls of a run that had failed before the request was repeated', () => {
    expect(found({ providerCalls: 3, earlierRuns: 1 }, [fault])).toEqual([]);
    expect(found({ providerCalls: 4, earlierRuns: 1 }, [fault])).toEqual(['duplicated: 4 provider calls for 1 claims']);
  });

  it('a claim that could not begin', () => {
    expect(found({ providerCalls: 2, claims: 3 }, [fault])).toEqual([]);
    expect(found({ providerCalls: 3, claims: 3 }, [fault])).toEqual(['duplicated: 3 provider calls for 1 faults']);
    expect(found({ providerCalls: 2, claims: 4 }, [fault])).toEqual(['duplicated: 4 claims for 1 faults']);
  });

  it('no citation in an outage', () => {
    expect(found({ askedAbout: 'f' }, [], [outage])).toEqual([]);
    expect(found({ askedAbout: 'f', stored: { ...stored, cites: ['f'] } })).toEqual([]);
  });

  it('a failure with a reason, while answers may fail', () => {
    const failed = { stored: { ...stored, state: 'failed', reason: 'The provider is gone.' } };
    expect(found(failed, [], [{ ...outage, excuses: 'answers' }])).toEqual([]);
    expect(found({ ...failed, ownerLosses: 3 })).toEqual([]);
  });
});

describe('a failover that loses commits', () => {
  const tail: LostTail = { from: 1_400, to: 1_500 };
  const lost = (at: number, change: Partial<TurnHistory> = {}) =>
    found(
      { accepted: { at, runId: 'r', chatId: 'c', messageId: 'm' }, stored: undefined, ...change },
      [fault],
      [],
      [tail],
    );
  const told = reader('sse', delta(0, 'ab'), { at: 0, kind: 'end', state: 'failed' });

  it('explains a lost turn that was accepted in its tail, and no other', () => {
    expect(lost(1_450, told)).toEqual([]);
    expect(lost(1_399, told)).toEqual(['lost: the accepted turn is not stored']);
    expect(lost(2_501, told)).toEqual(['lost: the accepted turn is not stored']);
  });

  it('leaves no reader of a lost turn waiting', () => {
    expect(lost(1_450, reader('sse', delta(0, 'ab')))).toEqual(['lost: sse: nobody told that the turn is lost']);
    expect(lost(1_450, { readers: [{ via: 'sse', events: [], refused: true }] })).toEqual([]);
    expect(lost(1_450, reader('socket'))).toEqual(['lost: socket: nobody told that the turn is lost']);
  });

  it('may take one claim with it, and one turn of a chat', () => {
    expect(found({ providerCalls: 2 }, [fault], [], [tail])).toEqual([]);
    expect(found({ providerCalls: 3 }, [fault], [], [tail])).not.toEqual([]);
    const accepted = { at: 1_450, runId: 'r', chatId: 'c', messageId: 'm' };
    const other = turn({ accepted, stored: undefined, ...told });
    const turns = [turn({ turnsOfChat: 2 }), other];
    expect(checkTurns({ turns, faults: [fault], outages: [], lostTails: [tail] })).toEqual([]);
    expect(checkTurns({ turns, faults: [fault], outages: [], lostTails: [] })).toHaveLength(3);
  });
});

describe('planted violations are found', () => {
  it.each<[string, Partial<TurnHistory>, string]>([
    ['a turn never accepted', { accepted: undefined }, 'lost: the turn was never accepted'],
    ['a turn not stored', { stored: undefined }, 'lost: the accepted turn is not stored'],
    ['a run without end', { stored: { ...stored, state: 'running' } }, 'lost: the run ended as running'],
    [
      'a failed run without a cause',
      { stored: { ...stored, state: 'failed', reason: 'No.' } },
      'lost: the run ended as failed: No.',
    ],
    ['a failure without a reason', { stored: { ...stored, state: 'failed' } }, 'lost: the run failed without a reason'],
    [
      'a cancelled run that nobody stopped',
      { stored: { ...stored, state: 'cancelled' } },
      'lost: the run was cancelled, and nobody had pressed Stop',
    ],
    [
      'another text stored',
      { stored: { ...stored, text: 'abXd' } },
      "lost: the stored text is not the provider's: they part at 2 (lengths 4 and 4)",
    ],
    [
      'another text stored when it was stopped',
      { stopped: true, stored: { ...stored, state: 'cancelled', text: 'aX' } },
      "lost: the stored text is not the provider's: they part at 1 (lengths 2 and 4)",
    ],
    ['a user message twice', { stored: { ...stored, userMessages: 2 } }, 'duplicated: the chat has 2 user messages'],
    ['an answer twice', { stored: { ...stored, answers: 2 } }, 'duplicated: the chat has 2 answers'],
    ['a provider call too many', { providerCalls: 2 }, 'duplicated: 2 provider calls for 1 claims'],
    ['an owner without need', { claims: 2 }, 'duplicated: 2 claims for 0 faults'],
    ['a title made twice', { titleCalls: 2 }, 'duplicated: 2 calls for the title, for 0 faults'],
    [
      'a death charged twice',
      { stored: { ...stored, chargedDeaths: 1 } },
      'duplicated: 1 deaths were charged for 1 claims',
    ],
    ['a provider never asked', { providerCalls: 0 }, 'lost: the provider was never asked'],
    [
      'an answer without its document',
      { askedAbout: 'f' },
      'lost: the answer does not cite the document that it was asked about',
    ],
    ['a gap', reader('sse', delta(0, 'a'), delta(2, 'cd'), end), 'lost: sse: a gap of 1 at 1'],
    [
      'a gap after a reconnect',
      reader('socket', delta(0, 'a'), reconnect, delta(2, 'cd'), end),
      'lost: socket: a gap of 1 at 1 after joining',
    ],
    [
      'a gap on a page that was left',
      { readers: [{ via: 'sse', events: [delta(0, 'a'), delta(2, 'c')], left: true }] },
      'lost: sse: a gap of 1 at 1',
    ],
    [
      'text that is replaced after the end',
      reader('socket', delta(0, 'abcd'), end, reset('abcd')),
      'duplicated: socket: text was replaced after the end',
    ],
    [
      'another text told to who came back after the end',
      reader('socket', delta(0, 'abcX'), end, reconnect, reset('abcd'), end),
      'duplicated: socket: text was replaced after the end',
    ],
    ['text twice', reader('sse', delta(0, 'ab'), delta(1, 'bcd'), end), 'duplicated: sse: text from 1 came again at 2'],
    ['two ends', reader('sse', delta(0, 'abcd'), end, end), 'duplicated: sse: the end was told twice'],
    [
      'two ends at a socket',
      reader('socket', delta(0, 'abcd'), endWith('abcd'), endWith('abcd')),
      'duplicated: socket: the end was told twice',
    ],
    ['no end at a socket', reader('socket', delta(0, 'abcd')), 'lost: socket: no end was told'],
    ['no end of an SDK’s stream', reader('sdk', delta(0, 'abcd')), 'lost: sdk: no end was told'],
    [
      'no end at a socket that came back and heard more',
      reader('socket', delta(0, 'ab'), reconnect, reset('abc')),
      'lost: socket: no end was told',
    ],
    [
      'an end with another text',
      reader('socket', delta(0, 'abcd'), endWith('abcX')),
      'lost: socket: the end tells another text: they part at 3 (lengths 4 and 4)',
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
  ])('%s', (_, change, what) => {
    expect(found(change)).toContain(what);
    // They are found in the compacted record too.
    const readers = (change.readers ?? []).map((each) => {
      const events: ReaderEvent[] = [];
      for (const event of each.events) addReaderEvent(events, event);
      return { ...each, events };
    });
    if (change.readers) expect(found({ ...change, readers })).toContain(what);
  });
});

describe('the record', () => {
  it('joins what continues exactly, and nothing else', () => {
    const events: ReaderEvent[] = [];
    for (const event of [delta(0, 'a'), delta(1, 'b'), delta(1, 'b'), delta(2, 'c', 2), end])
      addReaderEvent(events, event);
    expect(events).toEqual([delta(0, 'ab'), delta(1, 'b'), delta(2, 'c', 2), end]);
  });

  it('is waited for until a reader has its end or must fetch it', () => {
    expect(isSettled([])).toBe(false);
    expect(isSettled([delta(0, 'a')])).toBe(false);
    expect(isSettled([delta(0, 'a'), reconnect])).toBe(true);
    expect(isSettled([delta(0, 'a'), reconnect, reset('ab')])).toBe(false);
    expect(isSettled([delta(0, 'a'), end])).toBe(true);
  });
});
