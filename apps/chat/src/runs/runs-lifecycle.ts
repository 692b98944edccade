import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections, Notices, type RunPublisher } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../env';
import { RUNS_CANCELLED } from './cancel/cancelled.notice';
import { RunsWorkforce } from './runs-workforce';
import { RUN_PUBLISHER } from './run-publisher';

/** Kept back from the time for handing over: the last statements need some of it. */
const LAST_WORDS_MS = 1_500;

/** Starts the run engine's parts in the order in which they need each other, and ends them in the reverse. */
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
    const { registry, sweeper, held, titles, worker, queue } = this.parts;
    const { drain } = this.runtime;
    const works = this.env.CHAT_ROLE !== 'api';
    await registry.start();
    sweeper.start();
    // A process that answers calls has this check from its rpc server.
    if (this.env.CHAT_ROLE === 'worker') {
      this.runtime.readiness.register('redis', async () => {
        if (!(await this.connections.isReachable())) throw new Error('Redis cannot be reached');
      });
    }
    if (works) {
      held.start();
      await this.notices.subscribe(RUNS_CANCELLED, ({ runIds }) => held.cancel(runIds));
      titles.startSweeping();
      worker.start();
      drain.add('intake', 'take no more runs', () => worker.stopTaking());
      drain.add('work', 'hand over runs', ({ remainingMs, signal }) =>
        held.handOver(Date.now() + Math.max(0, remainingMs - LAST_WORDS_MS), signal),
      );
      drain.add('work', 'stop titles', () => titles.stop());
    }
    drain.add('work', 'write out what is buffered', () => this.publisher.close());
    drain.add('work', 'leave the process list', () => registry.stop());
    drain.add('work', 'close the queue', async () => {
      await worker.close();
      await queue.close();
    });
  }
}
