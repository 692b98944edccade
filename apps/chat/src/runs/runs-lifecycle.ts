import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type DrainContext, Runtime } from '@perennial/runtime';
import { Connections, Notices, type RunPublisher } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../env';
import { RUNS_CANCELLED } from './cancel/cancelled.notice';
import { RunsWorkforce } from './runs-workforce';
import { RUN_PUBLISHER } from './run-publisher';

/** Reserved part of the hand-over time, for the last statements. */
const SHUTDOWN_RESERVE_MS = 1_500;
/** Share of the grace in which answers may end by themselves before they are handed over. */
const ENDING_SHARE = 0.5;

/** Starts the parts of the run engine in the order of their dependencies, and stops them in reverse. */
@Injectable()
export class RunsLifecycle implements OnApplicationBootstrap {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
    private readonly notices: Notices,
    private readonly connections: Connections,
    private readonly parts: RunsWorkforce,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { registry, sweeper, worker, queue } = this.parts;
    const { drain } = this.runtime;
    const role = this.env.CHAT_ROLE;
    await registry.start();
    sweeper.start();
    // A process that answers calls has this check from its rpc server.
    if (role === 'worker' || role === 'quarantine') {
      this.runtime.readiness.register('redis', async () => {
        if (!(await this.connections.isReachable())) throw new Error('Redis cannot be reached');
      });
    }
    if (role !== 'api') await this.#work();
    drain.add('work', 'write out what is buffered', () => this.publisher.close());
    drain.add('work', 'leave the process list', () => registry.stop());
    drain.add('work', 'close the queue', async () => {
      await worker.close();
      await queue.close();
    });
  }

  async #work(): Promise<void> {
    const { activeRuns, titles, worker, quarantine, quarantineWorker } = this.parts;
    const { drain } = this.runtime;
    activeRuns.start();
    await this.notices.subscribe(RUNS_CANCELLED, ({ runIds }) => void activeRuns.cancel(runIds));
    if (this.env.CHAT_ROLE === 'quarantine') {
      quarantineWorker.start();
      drain.add('intake', 'claim no more suspects', () => worker.stopClaiming());
    } else {
      titles.startSweeping();
      worker.begin(() => quarantine.provide());
      drain.add('intake', 'claim no more runs', () => worker.stopClaiming());
      drain.add('intake', 'tell the quarantine processes', () => quarantine.leave());
    }
    drain.add('work', 'let answers end, hand over the others', (context) => this.#handOver(context));
    // They hand over at the same time as this process, or as late as their stores allow.
    drain.add('work', 'end the quarantine processes', ({ remainingMs }) =>
      quarantine.ended(Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS)),
    );
    drain.add('work', 'stop titles', () => titles.stop());
  }

  #handOver({ remainingMs, signal }: DrainContext): Promise<void> {
    const now = Date.now();
    const deadlineAt = now + Math.max(0, remainingMs - SHUTDOWN_RESERVE_MS);
    const orphaned = this.env.CHAT_ROLE === 'quarantine' && !process.connected;
    const grace = orphaned ? 0 : this.env.SHUTDOWN_GRACE_MS;
    return this.parts.activeRuns.handOver(Math.min(now + grace * ENDING_SHARE, deadlineAt), deadlineAt, signal);
  }
}
