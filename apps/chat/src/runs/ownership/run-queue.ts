import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { JobQueue } from '@perennial/work';
import { z } from 'zod';

/** Content of a job: this run waits for an owner. `epoch` is the run's at the time; the claim increments it. */
export const RunJobSchema = z.object({ runId: z.uuid(), epoch: z.int() });
export type RunJob = z.infer<typeof RunJobSchema>;

export const RUN_QUEUE = 'runs';

/** Notifies the workers of waiting runs. */
@Injectable()
export class RunQueue extends JobQueue<RunJob> {
  constructor(@Inject(Connections) connections: Connections, @Inject(Runtime) runtime: Runtime) {
    super(connections, runtime, {
      name: RUN_QUEUE,
      idOf: ({ runId, epoch }) => `${runId}-${epoch}`,
    });
  }
}
