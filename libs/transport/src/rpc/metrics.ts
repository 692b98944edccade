import type { ErrorCode } from '@perennial/contracts-kernel';
import type { Metrics } from '@perennial/runtime';

export type CallSide = 'client' | 'server';

/** Rate, errors and duration of calls. Called once per call and side. */
export interface RpcMetrics {
  observe(side: CallSide, pattern: string, code: ErrorCode | 'OK', seconds: number): void;
  /** Records taken from replicas that died. */
  claimed(count: number): void;
  /** A record in Redis could not be read and was put aside. */
  deadLetter(source: string): void;
  /** Calls that this process works on or waits for, read at scrape time. */
  gauge(side: CallSide, read: () => number): void;
}

/** Seconds. Calls take about a millisecond; a provider's verification or a search takes seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** `perennial_rpc_*` in the metrics of a process. */
export function rpcMetrics(metrics: Metrics): RpcMetrics {
  const duration = metrics.histogram(
    'rpc_duration_seconds',
    'Duration of calls between services, by side (client or server), pattern and result code',
    ['side', 'pattern', 'code'],
    BUCKETS,
  );
  const claims = metrics.counter('rpc_claimed_total', 'Calls taken over from replicas that died');
  const letters = metrics.counter('dead_letters_total', 'Records in Redis that could not be read, by source', [
    'source',
  ]);
  return {
    observe: (side, pattern, code, seconds) => duration.observe({ side, pattern, code }, seconds),
    claimed: (count) => claims.inc(count),
    deadLetter: (source) => letters.inc({ source }),
    gauge: (side, read) =>
      void metrics.gauge('rpc_in_flight', 'Calls in flight, by side', ['side'], (gauge) => gauge.set({ side }, read())),
  };
}
