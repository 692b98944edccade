import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { JobWorker } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { INGESTION_QUEUE, type IngestionJob, IngestionJobSchema } from '../files/ingestion-queue';
import { IngestionService } from './ingestion.service';
import { SuspectWatch } from './suspect-watch';

/**
 * Listens for waiting files. A job is held while its file is ingested here; a suspected file is ingested in quarantine.
 */
@Injectable()
export class IngestionWorker extends JobWorker<IngestionJob> {
  constructor(
    @Inject(RETRIEVAL_ENV) env: RetrievalEnv,
    @Inject(Connections) connections: Connections,
    @Inject(Runtime) runtime: Runtime,
    ingestion: IngestionService,
    suspects: SuspectWatch,
  ) {
    super(connections, runtime, {
      queue: INGESTION_QUEUE,
      concurrency: env.INGESTION_CONCURRENCY,
      shape: IngestionJobSchema,
      work: async ({ fileId, alone }) => {
        if (alone) suspects.notice();
        else await ingestion.work(fileId);
      },
      describe: ({ fileId }) => ({ file_id: fileId }),
    });
  }
}
