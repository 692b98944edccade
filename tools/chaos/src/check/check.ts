import type { Complaint, History } from '../record/history';
import { OPERATOR } from '../record/recorder';
import { mayBeLost } from './losses';
import { covered, overlaps } from './outage-time';
import { checkRevocations, checkSettings } from './promptness';
import { checkOutages, checkRequests } from './requests';
import { checkTakeOvers } from './take-overs';
import { checkTurns } from './turns';
import type { Violation } from './violation';

/** An outage excuses nobody's waiting for longer than this beside it. */
const CALM_MS = 15_000;

/** Checks a recorded history against every invariant. */
export function check(history: History): Violation[] {
  return [
    ...checkTurns(history),
    ...checkSettings(history),
    ...checkRevocations(history),
    ...checkRequests(history),
    ...checkOutages(history),
    ...checkTakeOvers(history),
    ...checkComplaints(history),
  ];
}

/** A promise to a person that has no record of its own; an outage excuses it. Nothing excuses the loss of what was acknowledged. */
function checkComplaints({
  complaints,
  outages,
  lostTails,
}: Pick<History, 'complaints' | 'outages' | 'lostTails'>): Violation[] {
  const excused = ({ from, to, document }: Complaint): boolean => {
    const met = outages.filter(
      ({ excuses, ...outage }) =>
        (excuses === 'all' || (document && (excuses === 'uploads' || excuses === 'answers'))) &&
        overlaps(outage, { from, to }),
    );
    return met.length > 0 && to - from - covered(met, from, to) <= CALM_MS;
  };
  return complaints
    .filter((complaint) => {
      if (complaint.missing) return !mayBeLost(complaint.missing.acknowledgedAt, lostTails);
      return complaint.person === OPERATOR || !excused(complaint);
    })
    .map(({ person, what, from, to }) => ({
      ...{ invariant: 'people get what they were promised', kind: 'lost', from, to },
      what: `${person}: ${what}`,
    }));
}
