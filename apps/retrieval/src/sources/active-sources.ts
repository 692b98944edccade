import { Inject, Injectable } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { PolledWork } from '@perennial/work';
import { isWorker, RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { IngestionProcesses } from '../ingestion/ingestion-processes';
import type { ClaimedSource } from './source-row';
import { SourceSync } from './source-sync';
import { SourceWorkRepository } from './source-work.repository';

const LOOK_MS = 2_000;

/** The sources that this process reads. It owns them as it owns files, by the same row of `processes`. */
@Injectable()
export class ActiveSources {
  private readonly work: PolledWork<ClaimedSource>;

  constructor(
    repository: SourceWorkRepository,
    sync: SourceSync,
    processes: IngestionProcesses,
    @Inject(Runtime) runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {
    this.work = new PolledWork({
      name: 'sources',
      runtime,
      registry: processes,
      concurrency: env.SOURCE_CONCURRENCY,
      lookMs: LOOK_MS,
      store: repository,
      turn: (source, signal) => sync.turn(source, signal),
    });
  }

  start(): void {
    if (isWorker(this.env) && this.env.SOURCE_CONCURRENCY > 0) this.work.start();
  }
}
