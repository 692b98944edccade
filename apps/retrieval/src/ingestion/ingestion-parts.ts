import { Injectable } from '@nestjs/common';
import { QuarantineProcesses, QuarantineWorker } from '@perennial/work';
import { IngestionProcesses } from './ingestion-processes';
import { IngestionQueue } from './ingestion-queue';
import { IngestionSweeper } from './ingestion-sweeper';
import { IngestionWorker } from './ingestion-worker';
import { SuspectWatch } from './suspect-watch';

/** The parts of the ingestion that run by themselves. */
@Injectable()
export class IngestionParts {
  constructor(
    readonly registry: IngestionProcesses,
    readonly sweeper: IngestionSweeper,
    readonly worker: IngestionWorker,
    readonly queue: IngestionQueue,
    readonly suspects: SuspectWatch,
    readonly quarantine: QuarantineProcesses,
    readonly quarantineWorker: QuarantineWorker,
  ) {}
}
