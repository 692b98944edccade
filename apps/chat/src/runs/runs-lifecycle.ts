import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections, Notices, type RunPublisher } from '@perennial/transport';
import { startWork } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../env';
import { RUNS_CANCELLED } from './cancel/cancelled.notice';
import { RUN_PUBLISHER } from './run-publisher';
import { RunsWorkforce } from './runs-workforce';

/** How much of the grace answers have to end by themselves before they are handed over. */
const ENDING_SHARE = 0.5;

/** Starts what writes answers, and ends it. */
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
    const { activeRuns, titles, worker, quarantine } = this.parts;
    await startWork(this.runtime, this.connections, this.env.CHAT_ROLE, this.parts, {
      begin: async () => {
        activeRuns.start();
        await this.notices.subscribe(RUNS_CANCELLED, ({ runIds }) => void activeRuns.cancel(runIds));
      },
      beginWorker: () => {
        titles.startSweeping();
        worker.begin(() => quarantine.provide());
      },
      handOver: (deadlineAt, { signal }) => activeRuns.handOver(this.endBy(deadlineAt), deadlineAt, signal),
      ends: { 'stop titles': () => titles.stop(), 'write out what is buffered': () => this.publisher.close() },
    });
  }

  /** Until when answers may end by themselves. */
  private endBy(deadlineAt: number): number {
    const orphaned = this.env.CHAT_ROLE === 'quarantine' && !process.connected;
    const grace = orphaned ? 0 : this.env.SHUTDOWN_GRACE_MS;
    return Math.min(Date.now() + grace * ENDING_SHARE, deadlineAt);
  }
}
