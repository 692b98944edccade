import { Injectable } from '@nestjs/common';
import { QuarantineProcesses, QuarantineWorker } from '@perennial/work';
import { ActiveRuns } from './generation/active-runs';
import { ProcessRegistry } from './ownership/process-registry';
import { RunQueue } from './ownership/run-queue';
import { RunWorker } from './ownership/run-worker';
import { Sweeper } from './ownership/sweeper';
import { TitleService } from './title/title.service';

/** The parts of the engine that run by themselves. */
@Injectable()
export class RunsWorkforce {
  constructor(
    readonly registry: ProcessRegistry,
    readonly sweeper: Sweeper,
    readonly activeRuns: ActiveRuns,
    readonly titles: TitleService,
    readonly worker: RunWorker,
    readonly queue: RunQueue,
    readonly quarantine: QuarantineProcesses,
    readonly quarantineWorker: QuarantineWorker,
  ) {}
}
