import type { AppliedFault, History, Outage, TurnHistory } from '../record/history';
import { checkReader, difference } from './readers';
import type { Violation } from './violation';

/** A run that has lost as many owners may end as failed: it seems to kill those who claim it. */
const MAY_FAIL_AFTER_LOSSES = 3;
/** A fault shows in a run that began this much later: its worker is still taken for alive. */
const AFTERMATH_MS = 10_000;

/**
 * Every accepted turn is answered, cancelled, or failed with a reason and for a cause that is known; the text that was read is the text that is
 * stored; every reader has one terminal event and a gapless sequence; nothing happened twice.
 */
export function checkTurns({ turns, outages, faults }: Pick<History, 'turns' | 'outages' | 'faults'>): Violation[] {
  return turns.flatMap((turn) => checkTurn(turn, outages, faults));
}

function checkTurn(turn: TurnHistory, outages: readonly Outage[], faults: readonly AppliedFault[]): Violation[] {
  const found = (invariant: Violation['invariant'], kind: Violation['kind'], what: string): Violation => ({
    ...{ invariant, kind, what, turn: turn.turn, from: turn.from, to: turn.to },
  });
  if (!turn.accepted) return [found('accepted is answered', 'lost', 'the turn was never accepted')];
  if (!turn.stored) return [found('accepted is answered', 'lost', 'the accepted turn is not stored')];

  const { stored } = turn;
  const violations: Violation[] = [];
  const failure = unanswered(turn, outages);
  if (failure !== undefined) violations.push(found('accepted is answered', 'lost', failure));
  const wrong = wrongText(turn);
  if (wrong !== undefined) violations.push(found('read is stored', 'lost', wrong));
  for (const what of twice(turn, faults)) violations.push(found('nothing happens twice', 'duplicated', what));
  if (turn.providerCalls === 0 && !turn.stopped && stored.state === 'completed')
    violations.push(found('accepted is answered', 'lost', 'the provider was never asked'));
  if (!citesItsFile(turn, outages))
    violations.push(found('read is stored', 'lost', 'the answer does not cite the document that it was asked about'));
  for (const reader of turn.readers) {
    // An SDK that got an error object has no text to compare.
    const compared = reader.via === 'sdk' && stored.state !== 'completed' ? undefined : stored.text;
    for (const { kind, what } of checkReader(reader, compared))
      violations.push(found('one gapless sequence and one end', kind, `${reader.via}: ${what}`));
  }
  return violations;
}

function unanswered({ stored, stopped, ownerLosses, from, to }: TurnHistory, outages: readonly Outage[]) {
  switch (stored?.state) {
    case 'completed':
      return undefined;
    case 'cancelled':
      return stopped ? undefined : 'the run was cancelled, and nobody had pressed Stop';
    case 'failed': {
      if (stored.reason === '') return 'the run failed without a reason';
      const excused =
        ownerLosses >= MAY_FAIL_AFTER_LOSSES ||
        outages.some((outage) => outage.excuses === 'answers' && from <= outage.to && to >= outage.from);
      return excused ? undefined : `the run ended as failed: ${stored.reason}`;
    }
    default:
      return `the run ended as ${stored?.state}`;
  }
}

function wrongText({ stored, expectedText }: TurnHistory): string | undefined {
  if (expectedText === undefined || !stored) return undefined;
  const right = stored.state === 'completed' ? stored.text === expectedText : expectedText.startsWith(stored.text);
  return right ? undefined : `the stored text is not the provider's: ${difference(stored.text, expectedText)}`;
}

function twice(turn: TurnHistory, faults: readonly AppliedFault[]): string[] {
  const { stored, turnsOfChat, providerCalls, titleCalls, claims, earlierRuns = 0, from, to } = turn;
  if (!stored) return [];
  const met = faults.filter((fault) => fault.from <= to && fault.to + AFTERMATH_MS >= from);
  // A broken stream of the provider is asked for again by the same owner.
  const retries = met.filter(({ nemesis }) => nemesis.startsWith('the provider')).length;
  // Nobody can tell how often those were claimed: at most once more for each fault.
  const earlier = earlierRuns === 0 ? 0 : earlierRuns + met.length;
  return [
    ...(stored.userMessages === turnsOfChat ? [] : [`the chat has ${stored.userMessages} user messages`]),
    ...(stored.answers === turnsOfChat ? [] : [`the chat has ${stored.answers} answers`]),
    ...(providerCalls > claims + retries + earlier ? [`${providerCalls} provider calls for ${claims} claims`] : []),
    ...(providerCalls > 1 + met.length + retries + earlier
      ? [`${providerCalls} provider calls for ${met.length} faults`]
      : []),
    // While Redis is full a claim is given back before the provider is asked, again and again. Without any fault there is one claim.
    ...(claims > 1 && met.length === 0 ? [`${claims} claims without a fault`] : []),
    // A title is made beside its answer, and is over soon after it.
    ...(titleCalls > 1 + met.length ? [`${titleCalls} calls for the title, for ${met.length} faults`] : []),
    ...(stored.chargedDeaths > claims - 1 ? [`${stored.chargedDeaths} deaths were charged for ${claims} claims`] : []),
  ];
}

/** Without its vector store or its embedder an answer says that it has no documents. */
function citesItsFile({ stored, askedAbout, from, to }: TurnHistory, outages: readonly Outage[]): boolean {
  if (askedAbout === undefined || stored?.state !== 'completed' || stored.cites.includes(askedAbout)) return true;
  return outages.some((outage) => from <= outage.to && to >= outage.from);
}
