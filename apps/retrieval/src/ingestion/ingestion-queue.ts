import { Inject, Injectable } from '@nestjs/common';
import { JobQueue } from '@perennial/ownership';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { z } from 'zod';

/**
 * What a job says: this file waits for a worker. It is a hint: whether the file is to be had, and how, is decided by its row, so that a
 * forged job does no more than to have a row looked at. `epoch` is the file's at the time; the claim makes it one more.
 */
export const IngestionJobSchema = z.object({
  fileId: z.uuid(),
  epoch: z.int(),
  /** How many files of the same user waited before it. */
  rank: z.int(),
  /** Workers have died with it: it is to have a process to itself. */
  alone: z.boolean().optional(),
});
export type IngestionJob = z.infer<typeof IngestionJobSchema>;

export const INGESTION_QUEUE = 'ingestion';
/** The lowest that BullMQ knows. */
const LAST = 2 ** 21;

/** Tells the workers of files that wait; those go first whose owner has the fewest before them. */
@Injectable()
export class IngestionQueue extends JobQueue<IngestionJob> {
  constructor(@Inject(Connections) connections: Connections, @Inject(Runtime) runtime: Runtime) {
    super(connections, runtime, {
      name: INGESTION_QUEUE,
      idOf: ({ fileId, epoch }) => `${fileId}-${epoch}`,
      // 0 would mean before all others.
      optionsOf: ({ rank }) => ({ priority: Math.min(rank + 1, LAST) }),
      gauge: 'ingestion_queue_jobs',
    });
  }
}
