import type { DrainContext, Runtime } from '@perennial/runtime';
import type { Connections } from '@perennial/transport';
import type { QuarantineProcesses } from './quarantine-processes';
import type { QuarantineWorker } from './quarantine-worker';

/** Kept back from the time for handing over: the last statements need some of it. */
const SHUTDOWN_RESERVE_MS = 1_500;

/** `api` answers calls, `worker` does the work, `all` both; `quarantine` does what is suspected of having ended workers. */
export type WorkRole = 'all' | 'api' | 'worker' | 'quarantine';

/** What runs by itself under every kind of work. */
export interface WorkParts {
  registry: { start(): Promise<void>; stop(): Promise<void> };
  sweeper: { start(): void };
  queue: { close(): Promise<void> };
  worker: { stopClaiming(): void; close(): Promise<void> };
  quarantine: QuarantineProcesses;
  quarantineWorker: QuarantineWorker;
}

/** What a kind of work adds. */
export interface WorkSteps {
  /** Starts what every process needs that does work: the account of what it has. */
  begin(): Promise<void> | void;
  /** Starts what a worker has beside that, and has it claim. */
  beginWorker(): void;
  /** Ends or gives back what this process has. @param deadlineAt milliseconds of `Date.now()` */
  handOver(deadlineAt: number, context: DrainContext): Promise<void>;
  /** What ends after that and before this process leaves the list, by the name of its drain hook. */
  ends: Record<string, () => Promise<void>>;
}

/** Starts what does work in the order in which its parts need each other, and has the drain end it in the reverse. */
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
  // A process that answers calls has this check from its rpc server.
  if (role === 'worker' || role === 'quarantine') {
    readiness.register('redis', async () => {
      if (!(await connections.isReachable())) throw new Error('Redis cannot be reached');
    });
  }
  if (role !== 'api') {
    await steps.begin();
    if (role === 'quarantine') parts.quarantineWorker.start();
    else steps.beginWorker();
    drain.add('intake', 'claim nothing more', () => parts.worker.stopClaiming());
    drain.add('intake', 'tell the quarantine processes', () => parts.quarantine.leave());
    drain.add('work', 'hand over', (context) =>
      steps.handOver(Date.now() + timeToHandOver(context.remainingMs), context),
    );
    // They hand over at the same time as this process does, or as late as their stores allow.
    drain.add('work', 'end the quarantine processes', ({ remainingMs }) =>
      parts.quarantine.ended(timeToHandOver(remainingMs)),
    );
  }
  for (const [name, end] of Object.entries(steps.ends)) drain.add('work', name, end);
  drain.add('work', 'leave the process list', () => parts.registry.stop());
  drain.add('work', 'close the queue', async () => {
    await parts.worker.close();
    await parts.queue.close();
  });
}

function timeToHandOver(remainingMs: number): number {
  return Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS);
}
