import { Inject, Injectable } from '@nestjs/common';
import type { DrainContext } from '@perennial/runtime';
import { Notices, type RunPublisher } from '@perennial/transport';
import { QuarantineProcesses, type WorkSteps } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../env';
import { RUNS_CANCELLED } from './cancel/cancelled.notice';
import { ActiveRuns } from './generation/active-runs';
import { RunWorker } from './generation/run-worker';
import { RUN_PUBLISHER } from './run-publisher';
import { SideEffects } from './side-effects/side-effects.service';

/** How much of the grace answers have to end by themselves before they are handed over. */
const ENDING_SHARE = 0.5;

/** The writing of answers and titles: how it begins in a process, and how it ends or is handed over. */
@Injectable()
export class AnswerWork implements WorkSteps {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(RUN_PUBLISHER) private readonly publisher: RunPublisher,
    private readonly notices: Notices,
    private readonly activeRuns: ActiveRuns,
    private readonly sideEffects: SideEffects,
    private readonly worker: RunWorker,
    private readonly quarantine: QuarantineProcesses,
  ) {}

  get ends(): WorkSteps['ends'] {
    return {
      'stop titles': () => this.sideEffects.stop(),
      'write out what is buffered': () => this.publisher.close(),
    };
  }

  async begin(): Promise<void> {
    this.activeRuns.start();
    await this.notices.subscribe(RUNS_CANCELLED, ({ runIds }) => void this.activeRuns.cancel(runIds));
  }

  beginWorker(): void {
    this.sideEffects.startSweeping();
    this.worker.begin(() => this.quarantine.provide());
  }

  handOver(deadlineAt: number, { signal }: DrainContext): Promise<void> {
    return this.activeRuns.handOver(this.endBy(deadlineAt), deadlineAt, signal);
  }

  /** Until when answers may end by themselves. */
  private endBy(deadlineAt: number): number {
    const orphaned = this.env.CHAT_ROLE === 'quarantine' && !process.connected;
    const grace = orphaned ? 0 : this.env.SHUTDOWN_GRACE_MS;
    return Math.min(performance.now() + grace * ENDING_SHARE, deadlineAt);
  }
}
