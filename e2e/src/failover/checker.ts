import type { FailedRequest } from '../support/http';
import type { ReaderEvent } from '../support/reader-event';
import type { Outage, ReaderHistory, TakeOver, TurnHistory } from './history';

export interface Violation {
  turn: number;
  kind: 'lost' | 'duplicated';
  what: string;
}

/** Checks recorded histories. `lost`: a promised effect is missing. `duplicated`: an effect happened twice. */
export function check(turns: TurnHistory[]): Violation[] {
  return turns.flatMap(checkTurn);
}

function checkTurn(turn: TurnHistory): Violation[] {
  const lost = (what: string): Violation => ({ turn: turn.turn, kind: 'lost', what });
  const duplicated = (what: string): Violation => ({ turn: turn.turn, kind: 'duplicated', what });
  if (!turn.accepted) return [lost('the turn was never accepted')];
  if (!turn.stored) return [lost('the accepted turn is not stored')];

  const { stored } = turn;
  const violations: Violation[] = [];
  if (stored.state !== 'completed') violations.push(lost(`the run ended as ${stored.state}`));
  if (stored.text !== turn.expectedText)
    violations.push(lost(`the stored text is not the provider's: ${difference(stored.text, turn.expectedText)}`));
  if (stored.userMessages !== 1) violations.push(duplicated(`the chat has ${stored.userMessages} user messages`));
  if (stored.answers !== 1) violations.push(duplicated(`the chat has ${stored.answers} answers`));
  if (turn.providerCalls > 1 + turn.ownerLosses) {
    violations.push(duplicated(`${turn.providerCalls} provider calls for ${turn.ownerLosses} lost owners`));
  }
  if (stored.chargedDeaths > turn.ownerLosses) {
    violations.push(duplicated(`${stored.chargedDeaths} deaths were charged for ${turn.ownerLosses} lost owners`));
  }
  if (turn.providerCalls === 0) violations.push(lost('the provider was never asked'));
  for (const reader of turn.readers) {
    violations.push(
      ...checkReader(reader, stored.text).map(({ kind, what }) => ({
        turn: turn.turn,
        kind,
        what: `${reader.via}: ${what}`,
      })),
    );
  }
  return violations;
}

type Finding = Omit<Violation, 'turn'>;

/** Replays a reader's events, strictly by cursor: every delta starts exactly where the present text ends. */
function checkReader(reader: ReaderHistory, storedText: string): Finding[] {
  const findings: Finding[] = [];
  let generation: number | undefined;
  let text = '';
  let ends = 0;
  /** Ends in this connection: a reader that reconnected may get the same end again. */
  let endsSinceReconnect = 0;
  let rejoined = reader.via === 'socket';
  for (const event of reader.events) {
    switch (event.kind) {
      case 'reconnect':
        // A socket may have missed text; its next event must be the whole text, or continue exactly.
        rejoined = reader.via === 'socket';
        endsSinceReconnect = 0;
        break;
      case 'reset':
        if (ends) findings.push({ kind: 'duplicated', what: 'text was replaced after the end' });
        generation = event.generation;
        text = event.text;
        rejoined = false;
        break;
      case 'delta':
        if (ends) findings.push({ kind: 'duplicated', what: 'text came after the end' });
        generation ??= event.generation;
        if (event.generation !== generation) {
          findings.push({
            kind: 'lost',
            what: `generation went from ${generation} to ${event.generation} without a reset`,
          });
          generation = event.generation;
          text = '';
        }
        if (event.offset > text.length) {
          findings.push({
            kind: 'lost',
            what: `a gap of ${event.offset - text.length} at ${text.length}${rejoined ? ' after joining' : ''}`,
          });
        } else if (event.offset < text.length) {
          findings.push({ kind: 'duplicated', what: `text from ${event.offset} came again at ${text.length}` });
        }
        text = text.slice(0, event.offset) + event.text;
        rejoined = false;
        break;
      case 'end':
        ends += 1;
        endsSinceReconnect += 1;
        if (endsSinceReconnect === 2) findings.push({ kind: 'duplicated', what: 'the end was told twice' });
        if (event.text !== undefined && event.text !== text) {
          findings.push({ kind: 'lost', what: `the end tells another text: ${difference(text, event.text)}` });
        }
        break;
    }
  }
  if (ends === 0 && mustSeeEnd(reader)) findings.push({ kind: 'lost', what: 'no end was told' });
  if (ends > 0 && text !== storedText)
    findings.push({ kind: 'lost', what: `the text shown is not the stored one: ${difference(text, storedText)}` });
  return findings;
}

/** A socket that was disconnected and got no event since may have missed the end: a page then loads the chat. */
function mustSeeEnd({ via, events }: ReaderHistory): boolean {
  return via === 'sse' || events.at(-1)?.kind !== 'reconnect';
}

/** Whether a reader's events of a run are complete: it has its end, or it must load the chat. */
export function isSettled(events: readonly ReaderEvent[]): boolean {
  const last = events.at(-1)?.kind;
  return last === 'reconnect' || events.some(({ kind }) => kind === 'end');
}

/** Failed requests that no outage excuses: those that ended before one began, or began after its effects ended. */
export function unexcused(failed: readonly FailedRequest[], outages: readonly Outage[]): FailedRequest[] {
  return failed.filter(({ from, to }) => !outages.some((outage) => from <= outage.to && to >= outage.from));
}

function difference(actual: string, expected: string): string {
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  return `they part at ${at} (lengths ${actual.length} and ${expected.length})`;
}

/** Milliseconds from losing the owner to `until`, without the time in which no process could take over. */
export function takeOverMs(takeOver: TakeOver, until: number, outages: Outage[]): number {
  const down = outages
    .filter(({ stopsTakeOvers }) => stopsTakeOvers)
    .reduce((sum, outage) => sum + Math.max(0, Math.min(outage.to, until) - Math.max(outage.from, takeOver.lostAt)), 0);
  return Math.max(0, until - takeOver.lostAt - down);
}

/** The smallest value that at least `share` of the values do not exceed; null without values. */
export function percentile(values: number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
