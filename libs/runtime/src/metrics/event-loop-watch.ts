import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { wakeEvery } from '../lifecycle/wake-grid';
import type { Metrics } from './metrics';

const LOOK_MS = 250;
/** A block that users notice. Others take a process for dead after 3 s; this is logged well before. */
const BLOCKED_MS = 500;

/**
 * Reports blocks of the event loop: how long, and how much CPU this process used (`cpu_ms`), which tells its own work from a paused process
 * or a busy machine. It shows a worker that blocks briefly before one blocks long enough to be taken for dead.
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
