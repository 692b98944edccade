import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { wakeEvery } from '../lifecycle/wake-grid';
import type { Metrics } from './metrics';

const LOOK_MS = 250;
/** A block that users feel. Others take a process for dead after 3 s, so it is told long before that. */
const BLOCKED_MS = 500;

/**
 * Tells when the event loop stood still: how long, and how much of that was work of this process (`cpu_ms`) rather than a machine or a
 * process that stood still. A worker that blocks and goes on is seen this way before one that blocks longer is taken for dead.
 */
export function watchEventLoop(metrics: Metrics, log: Logger): void {
  const blocks = metrics.counter('event_loop_blocks_total', 'Times that the event loop stood still for 0.5 s or more');
  let looked = performance.now();
  let cpu = process.cpuUsage();
  wakeEvery(LOOK_MS, () => {
    const now = performance.now();
    const blockedMs = now - looked - LOOK_MS;
    looked = now;
    const used = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    if (blockedMs < BLOCKED_MS) return;
    blocks.inc();
    const cpuMs = Math.round((used.user + used.system) / 1_000);
    log.warn({ blocked_ms: Math.round(blockedMs), cpu_ms: cpuMs }, 'the event loop stood still');
  });
}
