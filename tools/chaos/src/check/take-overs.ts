import type { TakeOver } from '@perennial/e2e/support/owners';
import type { History, Outage } from '../record/history';
import type { Violation } from './violation';

/** From the moment a living worker exists. */
export const MAX_TAKE_OVER_MS = 5_000;

/**
 * Milliseconds from losing the owner to `until`, without the time in which no process could take over. An outage of the database between them
 * starts the count anew.
 */
export function takeOverMs({ lostAt }: TakeOver, until: number, outages: readonly Outage[]): number {
  const anew = outages.flatMap(({ detectedAnewFrom: at }) => (at !== undefined && at <= until ? [at] : []));
  const since = Math.max(lostAt, ...anew);
  const down = outages.reduce((sum, { from, noTakeOverUntil = from }) => {
    return sum + Math.max(0, Math.min(noTakeOverUntil, until) - Math.max(from, since));
  }, 0);
  return Math.max(0, until - since - down);
}

/** Take-overs to the next owner, in milliseconds: those to another worker, or those to a quarantine process. */
export function takeOverTimes(
  { takeOvers, outages }: Pick<History, 'takeOvers' | 'outages'>,
  suspected = false,
): number[] {
  return takeOvers
    .filter((each) => each.newEpochAt !== undefined && each.suspected === suspected)
    .map((each) => takeOverMs(each, each.newEpochAt ?? each.lostAt, outages));
}

/** The 99th percentile is within the bound. */
export function checkTakeOvers(history: Pick<History, 'takeOvers' | 'outages' | 'startedAt' | 'endedAt'>): Violation[] {
  const p99 = percentile(takeOverTimes(history), 0.99);
  if (p99 === null || p99 <= MAX_TAKE_OVER_MS) return [];
  return [
    {
      ...{ invariant: 'a take-over takes at most 5 s', kind: 'late', from: history.startedAt, to: history.endedAt },
      what: `the 99th percentile of the take-overs is ${p99} ms`,
    },
  ];
}

/** The smallest value that at least `share` of the values do not exceed; null without values. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
