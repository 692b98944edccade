import type { FailedRequest } from '@perennial/e2e/support/http';
import type { History, Outage } from '../record/history';
import { covered } from './outage-time';
import type { Violation } from './violation';

/** Beyond these shares a run shows nothing: everything would be excused. */
const MAX_FAILED_SHARE = 0.1;
const MAX_OUTAGE_SHARE = 0.5;
/** All workers are killed twice within the minute of CI, and start for half a minute on a machine that is busy. */
const MAX_SHORT_OUTAGE_SHARE = 0.65;
const SHORT_MS = 180_000;

/** Failed requests that no outage excuses: those that ended before one began, or began after its effects ended. */
export function unexcused(failed: readonly FailedRequest[], outages: readonly Outage[]): FailedRequest[] {
  return failed.filter((request) => !outages.some((outage) => excuses(outage, request)));
}

function excuses(outage: Outage, { from, to, status, upload, answer }: FailedRequest): boolean {
  if (from > outage.to || to < outage.from) return false;
  switch (outage.excuses) {
    case 'all':
      return true;
    case 'broken connections':
      return status === undefined;
    case 'uploads':
      return upload === true;
    case 'answers':
      return answer === true;
  }
}

/** Every failed request is inside a declared outage. */
export function checkRequests({ failedRequests, outages }: Pick<History, 'failedRequests' | 'outages'>): Violation[] {
  return unexcused(failedRequests, outages).map(({ from, to, what }) => ({
    ...{ invariant: 'requests fail in outages only', kind: 'lost', from, to },
    what: `${what} (after ${to - from} ms)`,
  }));
}

export interface OutageFigures {
  /** Of the run's time in which some request might fail. */
  share: number;
  /** Of all requests. */
  failedShare: number;
  failedInside: number;
}

export function outageFigures(
  history: Pick<History, 'failedRequests' | 'outages' | 'requests' | 'startedAt' | 'endedAt'>,
): OutageFigures {
  const { failedRequests, outages, requests, startedAt, endedAt } = history;
  // A request that is repeated until it is answered failed once.
  const once = failedRequests.filter(({ again }) => !again);
  const inside = once.length - unexcused(once, outages).length;
  const whole = outages.filter(({ excuses }) => excuses === 'all');
  return {
    share: covered(whole, startedAt, endedAt) / Math.max(1, endedAt - startedAt),
    failedShare: inside / Math.max(1, requests),
    failedInside: inside,
  };
}

/** Otherwise a table of generous outages would make every run succeed. */
export function checkOutages(history: Parameters<typeof outageFigures>[0]): Violation[] {
  const { share, failedShare } = outageFigures(history);
  const isShort = history.endedAt - history.startedAt < SHORT_MS;
  const found = (what: string): Violation => ({
    ...{ invariant: 'outages are short and mostly survived', kind: 'lost', what },
    ...{ from: history.startedAt, to: history.endedAt },
  });
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
  return [
    ...(share > (isShort ? MAX_SHORT_OUTAGE_SHARE : MAX_OUTAGE_SHARE)
      ? [found(`outages cover ${percent(share)} of the run`)]
      : []),
    ...(failedShare > MAX_FAILED_SHARE ? [found(`${percent(failedShare)} of all requests failed in outages`)] : []),
  ];
}
