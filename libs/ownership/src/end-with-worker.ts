import { Worker } from 'node:worker_threads';

/** An orphan hands over what it has and ends by itself; what takes longer is blocked by its work. */
const HAND_OVER_MS = 10_000;

/** A thread of its own, because what keeps the main thread busy for ever would keep a timer there from its turn as well. */
const WATCHDOG = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid === workerData.worker) return;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), workerData.waitMs);
}, 500);
`;

/**
 * Ends a quarantine process with the worker that started it, at whatever it is: starting, waiting for a store, or blocked by its work.
 *
 * @param worker the worker's process id, told by the worker: one that died while this process started is no longer its parent
 */
export function endWithWorker(worker: number): void {
  const end = (): boolean => process.kill(process.pid, 'SIGTERM');
  // Bare: with the options of this process the thread would first load its telemetry.
  const bare = { execArgv: [], env: {} };
  new Worker(WATCHDOG, { ...bare, eval: true, workerData: { worker, waitMs: HAND_OVER_MS } }).unref();
  if (process.connected) process.once('disconnect', end);
  else end();
}
