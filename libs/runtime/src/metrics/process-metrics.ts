import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Metrics } from './metrics';

/** Each sample wakes a process that may have nothing else to do; a block that a user feels lasts longer than this. */
const LAG_RESOLUTION_MS = 200;

/** CPU, memory and event-loop metrics of this process, read at scrape time. */
export function collectProcessMetrics(metrics: Metrics): void {
  metrics
    .gauge('process_start_time_seconds', 'Start of the process, seconds since 1970')
    .set(Math.round(performance.timeOrigin / 1_000));
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', [], (gauge) =>
    gauge.set(process.memoryUsage.rss()),
  );
  metrics.gauge('process_heap_used_bytes', 'Used part of the JavaScript heap', [], (gauge) =>
    gauge.set(process.memoryUsage().heapUsed),
  );
  metrics.gauge('process_cpu_seconds_total', 'CPU time used', ['mode'], (gauge) => {
    const { user, system } = process.cpuUsage();
    gauge.set({ mode: 'user' }, user / 1e6);
    gauge.set({ mode: 'system' }, system / 1e6);
  });

  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  metrics.gauge('event_loop_lag_seconds', 'How late timers fired since the last scrape', ['quantile'], (gauge) => {
    // Node records the whole wait between two samples; what is over the asked-for interval is the lag.
    const lag = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1e3) : 0;
    gauge.set({ quantile: '0.5' }, lag(delay.percentile(50)));
    gauge.set({ quantile: '0.99' }, lag(delay.percentile(99)));
    gauge.set({ quantile: '1' }, lag(delay.max));
    delay.reset();
  });
  let last = performance.eventLoopUtilization();
  metrics.gauge(
    'event_loop_utilization',
    'Share of the time since the last scrape in which the event loop was busy',
    [],
    (gauge) => {
      const now = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  );
}
