import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { QuarantineProcesses, QuarantineWorker, startWork } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IngestionQueue } from '../files/ingestion-queue';
import { IngestionProcesses } from './ingestion-processes';
import { IngestionSweeper } from './ingestion-sweeper';
import { IngestionWork } from './ingestion-work';
import { IngestionWorker } from './ingestion-worker';

/** Starts the parts of the ingestion, and stops them. */
@Injectable()
export class IngestionLifecycle implements OnApplicationBootstrap {
  constructor(
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    private readonly runtime: Runtime,
    private readonly connections: Connections,
    private readonly registry: IngestionProcesses,
    private readonly sweeper: IngestionSweeper,
    private readonly worker: IngestionWorker,
    private readonly queue: IngestionQueue,
    private readonly quarantine: QuarantineProcesses,
    private readonly quarantineWorker: QuarantineWorker,
    private readonly ingestions: IngestionWork,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { registry, sweeper, worker, queue, quarantine, quarantineWorker } = this;
    const parts = { registry, sweeper, worker, queue, quarantine, quarantineWorker };
    await startWork(this.runtime, this.connections, this.env.RETRIEVAL_ROLE, parts, this.ingestions);
  }
}
