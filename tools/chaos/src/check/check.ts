import type { History, Outage } from '../record/history';
import { OPERATOR } from '../record/recorder';
import { checkRevocations, checkSettings } from './promptness';
import { checkOutages, checkRequests } from './requests';
import { checkTakeOvers } from './take-overs';
import { checkTurns } from './turns';
import type { Violation } from './violation';

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

/** A promise to a person that has no record of its own; an outage excuses it. */
function checkComplaints({ complaints, outages }: Pick<History, 'complaints' | 'outages'>): Violation[] {
  const excused = (from: number, to: number): boolean =>
    outages.some((outage: Outage) => outage.excuses !== 'broken connections' && from <= outage.to && to >= outage.from);
  return complaints
    .filter(({ person, from, to }) => person === OPERATOR || !excused(from, to))
    .map(({ person, what, from, to }) => ({
      ...{ invariant: 'people get what they were promised', kind: 'lost', from, to },
      what: `${person}: ${what}`,
    }));
}
