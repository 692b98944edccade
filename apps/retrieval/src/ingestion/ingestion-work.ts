import { Inject, Injectable } from '@nestjs/common';
import type { DrainContext } from '@perennial/runtime';
import type { WorkSteps } from '@perennial/work';
import type { Extractor } from '../extraction/extraction';
import { RemovalService } from '../removal/removal.service';
import { ActiveIngestions } from './active-ingestions';
import { EXTRACTOR } from './extractor';
import { IngestionWorker } from './ingestion-worker';
import { SuspectWatch } from './suspect-watch';

/** The ingestion of files: how it begins in a process, and how it ends or is handed over. */
@Injectable()
export class IngestionWork implements WorkSteps {
  constructor(
    private readonly active: ActiveIngestions,
    private readonly worker: IngestionWorker,
    private readonly suspects: SuspectWatch,
    private readonly removal: RemovalService,
    @Inject(EXTRACTOR) private readonly extractor: Extractor,
  ) {}

  get ends(): WorkSteps['ends'] {
    return { 'end extractions': () => this.extractor.close() };
  }

  begin(): Promise<void> | void {
    return this.active.start();
  }

  beginWorker(): void {
    this.removal.start();
    this.suspects.start();
    this.worker.start();
  }

  handOver(deadlineAt: number, { signal }: DrainContext): Promise<void> {
    return this.active.handOver(deadlineAt, signal);
  }
}
