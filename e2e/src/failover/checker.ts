import type { Outage, ReaderHistory, TakeOver, TurnHistory } from './history';

export interface Violation {
  turn: number;
  kind: 'lost' | 'duplicated';
  what: string;
}

/** Judges recorded histories. `lost`: something that was promised is missing. `duplicated`: something happened twice. */
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

/** Replays what a reader was told, strictly by cursor: every delta starts exactly where the text it holds ends. */
function checkReader(reader: ReaderHistory, storedText: string): Finding[] {
  const findings: Finding[] = [];
  let generation: number | undefined;
  let text = '';
  let ends = 0;
  let rejoined = reader.via === 'socket';
  for (const event of reader.events) {
    switch (event.kind) {
      case 'reconnect':
        // A socket may have missed text; what it is told next must be the whole text, or go on exactly where it stands.
        rejoined = reader.via === 'socket';
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
        break;
    }
  }
  if (ends === 0 && reader.via === 'sse') findings.push({ kind: 'lost', what: 'no end was told' });
  if (ends > 1) findings.push({ kind: 'duplicated', what: `${ends} ends were told` });
  if (ends === 1 && text !== storedText)
    findings.push({ kind: 'lost', what: `the text shown is not the stored one: ${difference(text, storedText)}` });
  return findings;
}

function difference(actual: string, expected: string): string {
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  return `they part at ${at} (lengths ${actual.length} and ${expected.length})`;
}

/** Milliseconds from losing the owner to `until`, less the time in which a store was down. */
export function takeOverMs(takeOver: TakeOver, until: number, outages: Outage[]): number {
  const down = outages.reduce(
    (sum, outage) => sum + Math.max(0, Math.min(outage.to, until) - Math.max(outage.from, takeOver.lostAt)),
    0,
  );
  return Math.max(0, until - takeOver.lostAt - down);
}

/** The smallest value that at least `share` of the values do not exceed; null without values. */
export function percentile(values: number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
