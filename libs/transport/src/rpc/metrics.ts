import type { ErrorCode } from '@perennial/contracts-kernel';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

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

/** `perennial_rpc_*` in a prom-client registry. */
export function promRpcMetrics(registry: Registry): RpcMetrics {
  const duration = new Histogram({
    name: 'perennial_rpc_duration_seconds',
    help: 'Duration of calls between services, by side (client or server), pattern and result code',
    labelNames: ['side', 'pattern', 'code'] as const,
    buckets: BUCKETS,
    registers: [registry],
  });
  const claims = new Counter({
    name: 'perennial_rpc_claimed_total',
    help: 'Calls taken over from replicas that died',
    registers: [registry],
  });
  const letters = new Counter({
    name: 'perennial_dead_letters_total',
    help: 'Records in Redis that could not be read, by source',
    labelNames: ['source'] as const,
    registers: [registry],
  });
  const readers = new Map<CallSide, () => number>();
  new Gauge({
    name: 'perennial_rpc_in_flight',
    help: 'Calls in flight, by side',
    labelNames: ['side'] as const,
    registers: [registry],
    collect() {
      for (const [side, read] of readers) this.set({ side }, read());
    },
  });
  return {
    observe: (side, pattern, code, seconds) => duration.observe({ side, pattern, code }, seconds),
    claimed: (count) => claims.inc(count),
    deadLetter: (source) => letters.inc({ source }),
    gauge: (side, read) => void readers.set(side, read),
  };
}
