import { type Gauge, type Metrics, sharedReading } from '@perennial/runtime';

/** Work in one state, in the whole installation. */
export interface Backlog {
  state: string;
  count: number;
  /** Seconds for which the oldest piece has been ready for a worker; 0 without one. */
  waiting_s: number;
}

/**
 * Registers the age of a queue's oldest work.
 *
 * @param read returns rows in one process of the installation only, so that sums over replicas are correct
 * @returns what a gauge of the work by state collects
 */
export function observeBacklog(
  metrics: Metrics,
  queue: string,
  read: () => Promise<readonly Backlog[]>,
): (gauge: Gauge<'state'>) => Promise<void> {
  const backlog = sharedReading(read, []);
  const help =
    'How long the oldest work has waited for a worker, in the whole installation; exported by one of its processes';
  metrics.gauge('queue_oldest_seconds', help, ['queue'], async (gauge) => {
    gauge.reset();
    const rows = await backlog();
    if (rows.length > 0) gauge.set({ queue }, Math.max(...rows.map((row) => row.waiting_s)));
  });
  return async (gauge) => {
    gauge.reset();
    for (const { state, count } of await backlog()) gauge.set({ state }, count);
  };
}
