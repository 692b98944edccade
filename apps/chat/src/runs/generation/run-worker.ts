import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { JobWorker, sweep } from '@perennial/work';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { ClaimRepository } from '../ownership/claim.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { RUN_QUEUE, type RunJob, RunJobSchema, RunQueue } from '../ownership/run-queue';
import { QueueNews } from '../queue-news';
import { ActiveRuns } from './active-runs';
import { GenerationService } from './generation.service';
import { RunClaims } from './run-claims';

/** A run that has waited for this long despite free room may have lost its job. */
const WAITING_AFTER_S = 2;
/** Runs that one look starts: enough to keep up after Redis has lost all jobs. */
const MAX_BEGUN = 100;

/**
 * Writes waiting runs. A job is a hint that some run waits; it ends as soon as one is claimed for it, and Postgres decides which run that is.
 * A full worker gives its job back to the others, and then claims without jobs until no run waits. Once a second a worker with room looks for
 * runs whose hints were lost.
 */
@Injectable()
export class RunWorker extends JobWorker<RunJob> {
  constructor(
    @Inject(CHAT_ENV) env: ChatEnv,
    @Inject(Connections) connections: Connections,
    @Inject(Runtime) private readonly runtime: Runtime,
    private readonly generation: GenerationService,
    private readonly claims: RunClaims,
    private readonly repository: ClaimRepository,
    private readonly activeRuns: ActiveRuns,
    private readonly runs: RunQueue,
    private readonly registry: ProcessRegistry,
    private readonly news: QueueNews,
  ) {
    super(connections, runtime, {
      queue: RUN_QUEUE,
      concurrency: env.WORKER_CONCURRENCY,
      shape: RunJobSchema,
      work: () => generation.work(),
      untilRoom: () => generation.workOffQueue(),
      describe: ({ runId }) => ({ run_id: runId }),
    });
  }

  /** @param onSuspects called each second while runs wait for a quarantine process */
  begin(onSuspects: () => void): void {
    this.start();
    this.activeRuns.onRoom = (room) => this.limit(room);
    this.claims.open();
    sweep(this.runtime, this.runs, 'look for waiting runs', async (forgotten) => {
      const room = Math.min(this.claims.room, MAX_BEGUN);
      const after = forgotten ? 0 : WAITING_AFTER_S;
      const { waiting, suspects, places } = await this.repository.waiting(this.registry.id, after, room);
      for (let n = 0; n < waiting; n += 1) void this.generation.workOffQueue();
      if (suspects) onSuspects();
      if (places) await this.news.tell();
    });
  }

  override stopClaiming(): void {
    this.claims.close();
    this.activeRuns.leave();
    super.stopClaiming();
  }
}
