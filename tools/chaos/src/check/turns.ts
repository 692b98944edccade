import type { AppliedFault, History, LostTail, Outage, TurnHistory } from '../record/history';
import { isGone, mayBeLost } from './losses';
import { overlaps, type Span } from './outage-time';
import { checkReader, difference, isSettled } from './readers';
import type { Violation } from './violation';

/** A run that has lost as many owners may end as failed: it seems to kill those who claim it. */
const MAY_FAIL_AFTER_LOSSES = 3;
/** The next owner, and one more where it could not begin. */
const CLAIMS_PER_FAULT = 2;
/** A fault shows in a run that began this much later: its worker is still taken for alive. */
const AFTERMATH_MS = 10_000;

/**
 * Every accepted turn is answered, cancelled, or failed with a reason and for a cause that is known; the text that was read is the text that is
 * stored; every reader has one terminal event and a gapless sequence; nothing happened twice.
 */
export function checkTurns(history: Pick<History, 'turns' | 'outages' | 'faults' | 'lostTails'>): Violation[] {
  const { turns, lostTails } = history;
  const lost = turns.filter((turn) => isGone(turn) && mayBeLost(turn.accepted?.at ?? 0, lostTails));
  const lostOfChat = new Map<string, number>();
  for (const { accepted } of lost)
    if (accepted?.chatId) lostOfChat.set(accepted.chatId, (lostOfChat.get(accepted.chatId) ?? 0) + 1);
  const isLost = new Set(lost);
  return turns.flatMap((turn) =>
    isLost.has(turn) ? checkLost(turn) : checkTurn(turn, history, lostOfChat.get(turn.accepted?.chatId ?? '') ?? 0),
  );
}

/** Whoever still read a turn that a failover lost is told: by an end, a refusal, or a page that loads the chat again. */
function checkLost({ turn, readers, from, to }: TurnHistory): Violation[] {
  return readers
    .filter((reader) => !reader.left && !reader.refused && !isSettled(reader.events))
    .map(({ via }) => ({
      ...{ invariant: 'one gapless sequence and one end', kind: 'lost', turn, from, to },
      what: `${via}: nobody told that the turn is lost`,
    }));
}

function checkTurn(
  turn: TurnHistory,
  { outages, faults, lostTails }: Pick<History, 'outages' | 'faults' | 'lostTails'>,
  lostOfChat: number,
): Violation[] {
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
  for (const what of twice(turn, faults, lostTails, lostOfChat))
    violations.push(found('nothing happens twice', 'duplicated', what));
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

function twice(
  turn: TurnHistory,
  faults: readonly AppliedFault[],
  tails: readonly LostTail[],
  lostOfChat: number,
): string[] {
  const { stored, providerCalls, titleCalls, earlierRuns = 0, from, to } = turn;
  if (!stored) return [];
  const touches = (it: Span): boolean => overlaps({ from: it.from, to: it.to + AFTERMATH_MS }, { from, to });
  const met = faults.filter(touches);
  // A failover may lose one claim, which is issued again.
  const claims = turn.claims + tails.filter(touches).length;
  const turnsOfChat = turn.turnsOfChat - lostOfChat;
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
    // A claimant that cannot write its fence (Redis is full, its link is silent) waits, and gives the run back once.
    ...(turn.claims > 1 + CLAIMS_PER_FAULT * met.length ? [`${turn.claims} claims for ${met.length} faults`] : []),
    // A title is made beside its answer, and is over soon after it.
    ...(titleCalls > 1 + met.length ? [`${titleCalls} calls for the title, for ${met.length} faults`] : []),
    ...(stored.chargedDeaths > claims - 1 ? [`${stored.chargedDeaths} deaths were charged for ${claims} claims`] : []),
  ];
}

/** Outages in which nothing is found: everything is away, or the embedder, which is the provider's. */
const CITES_NEED: ReadonlySet<Outage['excuses']> = new Set(['all', 'answers']);

/** Without its vector store or its embedder an answer says that it has no documents. */
function citesItsFile({ stored, askedAbout, from, to }: TurnHistory, outages: readonly Outage[]): boolean {
  if (askedAbout === undefined || stored?.state !== 'completed' || stored.cites.includes(askedAbout)) return true;
  return outages.some(({ excuses, ...outage }) => CITES_NEED.has(excuses) && overlaps(outage, { from, to }));
}
