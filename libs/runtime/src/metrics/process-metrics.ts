import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { version } from '../../package.json';
import { wakeEvery } from '../lifecycle/wake-grid';
import type { Metrics } from './metrics';

/** Each sample wakes an idle process; a block that users notice lasts longer than this. */
const LAG_RESOLUTION_MS = 1_000;
/** Lag is reported for whole windows, so that it does not depend on scrapers. */
const LAG_WINDOW_MS = 60_000;

/**
 * Build info with the instance's name, and CPU, memory and event-loop metrics of this process, the same for any number of scrapers.
 *
 * @returns the latest timer of the minute so far
 */
export function collectProcessMetrics(metrics: Metrics, instance: string): { loopDelayMs: () => number } {
  metrics
    .gauge('build_info', 'Always 1; the labels are the version, Node and the name of the process in logs and traces', [
      'version',
      'node',
      'process',
    ])
    .set({ version, node: process.version, process: instance }, 1);
  metrics
    .gauge('process_start_time_seconds', 'Start of the process, seconds since 1970')
    .set(Math.round(performance.timeOrigin / 1_000));
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', [], (gauge) =>
    gauge.set(process.memoryUsage.rss()),
  );
  metrics.gauge('process_heap_used_bytes', 'Used part of the JavaScript heap', [], (gauge) =>
    gauge.set(process.memoryUsage().heapUsed),
  );
  let cpu = { user: 0, system: 0 };
  metrics.counter('process_cpu_seconds_total', 'CPU time used', ['mode'], (counter) => {
    const now = process.cpuUsage();
    for (const mode of ['user', 'system'] as const) counter.inc({ mode }, Math.max(0, now[mode] - cpu[mode]) / 1e6);
    cpu = now;
  });
  let busyMs = 0;
  metrics.counter('event_loop_busy_seconds_total', 'Time in which the event loop was busy', [], (counter) => {
    const { active } = performance.eventLoopUtilization();
    counter.inc(Math.max(0, active - busyMs) / 1e3);
    busyMs = active;
  });
  return collectLag(metrics);
}

function collectLag(metrics: Metrics): { loopDelayMs: () => number } {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  // Node records the whole wait between two samples; the part beyond the interval is the lag.
  const lag = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1e3) : 0;
  const read = () => ({ '0.5': lag(delay.percentile(50)), '0.99': lag(delay.percentile(99)), '1': lag(delay.max) });
  let latest: ReturnType<typeof read> | undefined;
  wakeEvery(LAG_WINDOW_MS, () => {
    latest = read();
    delay.reset();
  });
  const help = 'How late timers fired in the last full minute; during the first minute, so far';
  metrics.gauge('event_loop_lag_seconds', help, ['quantile'], (gauge) => {
    for (const [quantile, seconds] of Object.entries(latest ?? read())) gauge.set({ quantile }, seconds);
  });
  return { loopDelayMs: () => lag(delay.max) * 1e3 };
}
