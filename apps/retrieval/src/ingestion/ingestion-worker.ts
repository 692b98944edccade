import { Inject, Injectable } from '@nestjs/common';
import { JobWorker } from '@perennial/ownership';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { INGESTION_QUEUE, IngestionJobSchema, type IngestionJob } from './ingestion-queue';
import { IngestionService } from './ingestion.service';

/** Listens for files that wait. A job is held for as long as its file is ingested here. */
@Injectable()
export class IngestionWorker extends JobWorker<IngestionJob> {
  constructor(
    @Inject(RETRIEVAL_ENV) env: RetrievalEnv,
    @Inject(Connections) connections: Connections,
    @Inject(Runtime) runtime: Runtime,
    ingestion: IngestionService,
  ) {
    super(connections, runtime, {
      queue: INGESTION_QUEUE,
      concurrency: env.INGESTION_CONCURRENCY,
      shape: IngestionJobSchema,
      work: (job) => ingestion.work(job),
      describe: ({ fileId }) => ({ file: fileId }),
    });
  }
}
