import { Worker } from 'node:worker_threads';

/** An orphan hands over its work and exits by itself within this time; one that does not is blocked by its work. */
const HAND_OVER_MS = 10_000;

/** A separate thread: work that blocks the main thread would also block a timer there. */
const WATCHDOG = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid === workerData.worker) return;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), workerData.waitMs);
}, 500);
`;

/**
 * Ends a quarantine process when the worker that started it dies, whatever it is doing: starting, waiting for a store, or blocked by its
 * work.
 *
 * @param worker the worker's process id, passed by the worker: if the worker died during the start, the parent is already another process
 */
export function endWithWorker(worker: number): void {
  const end = (): boolean => process.kill(process.pid, 'SIGTERM');
  // Without the options of this process, or the thread would load its telemetry first.
  const bare = { execArgv: [], env: {} };
  new Worker(WATCHDOG, { ...bare, eval: true, workerData: { worker, waitMs: HAND_OVER_MS } }).unref();
  if (process.connected) process.once('disconnect', end);
  else end();
}
