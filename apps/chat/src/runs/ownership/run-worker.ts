import { Inject, Injectable } from '@nestjs/common';
import { JobWorker } from '@perennial/ownership';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../../env';
import { GenerationService } from '../generation/generation.service';
import { RUN_QUEUE, RunJobSchema, type RunJob } from './run-queue';

/** Listens for runs that wait. A job is held for as long as its run is written here. */
@Injectable()
export class RunWorker extends JobWorker<RunJob> {
  constructor(
    @Inject(CHAT_ENV) env: ChatEnv,
    @Inject(Connections) connections: Connections,
    @Inject(Runtime) runtime: Runtime,
    private readonly generation: GenerationService,
  ) {
    super(connections, runtime, {
      queue: RUN_QUEUE,
      concurrency: env.WORKER_CONCURRENCY,
      shape: RunJobSchema,
      work: ({ runId }) => generation.work(runId),
      describe: ({ runId }) => ({ run: runId }),
    });
  }

  override stopTaking(): void {
    this.generation.refuse();
    super.stopTaking();
  }
}
