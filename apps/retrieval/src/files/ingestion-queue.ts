import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { JobQueue } from '@perennial/work';
import { z } from 'zod';

/**
 * Content of a job: this file waits for a worker. It is a hint: the row decides whether and how the file can be claimed, so a forged job only
 * causes a look at a row. `epoch` is the file's at the time; the claim increments it.
 */
export const IngestionJobSchema = z.object({
  fileId: z.uuid(),
  epoch: z.int(),
  /** Number of the same user's files before it. */
  rank: z.int(),
  /** Workers have died with it: it needs a quarantine process. */
  alone: z.boolean().optional(),
});
export type IngestionJob = z.infer<typeof IngestionJobSchema>;

export const INGESTION_QUEUE = 'ingestion';
/** BullMQ's lowest priority. */
const LAST = 2 ** 21;

/** Notifies the workers of waiting files; files with the fewest of their owner before them have priority. */
@Injectable()
export class IngestionQueue extends JobQueue<IngestionJob> {
  constructor(@Inject(Connections) connections: Connections, @Inject(Runtime) runtime: Runtime) {
    super(connections, runtime, {
      name: INGESTION_QUEUE,
      idOf: ({ fileId, epoch }) => `${fileId}-${epoch}`,
      // 0 would mean the highest priority.
      optionsOf: ({ rank }) => ({ priority: Math.min(rank + 1, LAST) }),
    });
  }
}
