import type { ReaderHistory } from '../record/history';

/** What is wrong with one reader. `lost`: something promised is missing. `duplicated`: something came twice. */
export interface ReaderFinding {
  kind: 'lost' | 'duplicated';
  what: string;
}

/**
 * Replays a reader's events, strictly by cursor: every delta starts exactly where the present text ends, and there is one terminal event.
 *
 * @param storedText undefined: nothing is stored to compare with
 */
export function checkReader(reader: ReaderHistory, storedText: string | undefined): ReaderFinding[] {
  const findings: ReaderFinding[] = [];
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
        // A page that comes back after the end gets the same text, perhaps from several sides, and the same end again.
        if (ends && !(reader.via === 'socket' && endsSinceReconnect === 0 && event.text === text))
          findings.push({ kind: 'duplicated', what: 'text was replaced after the end' });
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
  if (ends > 0 && storedText !== undefined && text !== storedText)
    findings.push({ kind: 'lost', what: `the text shown is not the stored one: ${difference(text, storedText)}` });
  return findings;
}

/** A socket that was disconnected and got no event since may have missed the end: a page then loads the chat. */
function mustSeeEnd({ via, events, left }: ReaderHistory): boolean {
  if (left) return false;
  return via !== 'socket' || events.at(-1)?.kind !== 'reconnect';
}

/** Whether a reader's events of a run are complete: it has its end, or it must load the chat. */
export function isSettled(events: ReaderHistory['events']): boolean {
  const last = events.at(-1)?.kind;
  return last === 'reconnect' || events.some(({ kind }) => kind === 'end');
}

/** Where two texts part. */
export function difference(actual: string, expected: string): string {
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  return `they part at ${at} (lengths ${actual.length} and ${expected.length})`;
}
