import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { startWork } from '@perennial/work';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import type { Extractor } from '../extraction/extraction';
import { RemovalService } from '../removal/removal.service';
import { ActiveIngestions } from './active-ingestions';
import { EXTRACTOR } from './extractor';
import { IngestionParts } from './ingestion-parts';

/** Starts the parts of the ingestion, and stops them. */
@Injectable()
export class IngestionLifecycle implements OnApplicationBootstrap {
  constructor(
    private readonly parts: IngestionParts,
    private readonly active: ActiveIngestions,
    private readonly removal: RemovalService,
    private readonly connections: Connections,
    @Inject(EXTRACTOR) private readonly extractor: Extractor,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await startWork(this.runtime, this.connections, this.env.RETRIEVAL_ROLE, this.parts, {
      begin: () => this.active.start(),
      beginWorker: () => {
        this.removal.start();
        this.parts.suspects.start();
        this.parts.worker.start();
      },
      handOver: (deadlineAt, { signal }) => this.active.handOver(deadlineAt, signal),
      ends: { 'end extractions': () => this.extractor.close() },
    });
  }
}
