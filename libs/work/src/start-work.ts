import type { DrainContext, Runtime } from '@perennial/runtime';
import type { Connections } from '@perennial/transport';
import type { QuarantineProcesses } from './quarantine-processes';
import type { QuarantineWorker } from './quarantine-worker';

/** Kept back from the time for handing over: the last statements need some of it. */
const SHUTDOWN_RESERVE_MS = 1_500;

/**
 * `api` answers calls, `worker` does the work, `all` both; `quarantine` does work that is suspected of having killed its workers.
 */
export type WorkRole = 'all' | 'api' | 'worker' | 'quarantine';

/** The parts that every kind of work has in common. */
export interface WorkParts {
  registry: { start(): Promise<void>; stop(): Promise<void> };
  sweeper: { start(): void };
  queue: { close(): Promise<void> };
  worker: { stopClaiming(): void; close(): Promise<void> };
  quarantine: QuarantineProcesses;
  quarantineWorker: QuarantineWorker;
}

/** The steps of one kind of work. */
export interface WorkSteps {
  /** Starts what every working process needs: the comparison of its work with Postgres. */
  begin(): Promise<void> | void;
  /** Starts the parts of a worker, and its claims. */
  beginWorker(): void;
  /**
   * Ends or releases the work of this process.
   *
   * @param deadlineAt milliseconds of `performance.now()`
   */
  handOver(deadlineAt: number, context: DrainContext): Promise<void>;
  /** Drain steps, by name, that run after the hand-over and before this process unregisters. */
  ends: Record<string, () => Promise<void>>;
}

/**
 * Starts the parts of owned work in the order of their dependencies, and registers their drain in the reverse order.
 */
export async function startWork(
  runtime: Runtime,
  connections: Pick<Connections, 'isReachable'>,
  role: WorkRole,
  parts: WorkParts,
  steps: WorkSteps,
): Promise<void> {
  const { drain, readiness } = runtime;
  await parts.registry.start();
  parts.sweeper.start();
  // A process that answers calls has this check from its RPC server.
  if (role === 'worker' || role === 'quarantine') {
    readiness.register('redis', async () => {
      if (!(await connections.isReachable())) throw new Error('Redis cannot be reached');
    });
  }
  if (role !== 'api') {
    await steps.begin();
    if (role === 'quarantine') parts.quarantineWorker.start();
    else steps.beginWorker();
    drain.add('intake', 'stop claiming', () => parts.worker.stopClaiming());
    drain.add('intake', 'drain the quarantine processes', () => parts.quarantine.leave());
    drain.add('work', 'hand over', (context) =>
      steps.handOver(performance.now() + timeToHandOver(context.remainingMs), context),
    );
    // They hand over at the same time as this process, or later if their stores are slow.
    drain.add('work', 'end the quarantine processes', ({ remainingMs }) =>
      parts.quarantine.ended(timeToHandOver(remainingMs)),
    );
  }
  for (const [name, end] of Object.entries(steps.ends)) drain.add('work', name, end);
  drain.add('work', 'unregister the process', () => parts.registry.stop());
  drain.add('work', 'close the queue', async () => {
    await parts.worker.close();
    await parts.queue.close();
  });
}

function timeToHandOver(remainingMs: number): number {
  return Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS);
}
