import { Module } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { QuarantineProcesses, QuarantineWorker } from '@perennial/work';
import { EmbeddingModule } from '../embedding/embedding.module';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { extractorOptions } from '../extraction/extraction-env';
import { createExtractor } from '../extraction/extractor';
import { missingLanguages } from '../extraction/recognition/languages';
import { FilesModule } from '../files/files.module';
import { RemovalModule } from '../removal/removal.module';
import { IndexModule } from '../search-index/index.module';
import { SettingsModule } from '../settings/settings.module';
import { ActiveIngestions } from './active-ingestions';
import { ChunkStep } from './chunk-step';
import { EXTRACTOR } from './extractor';
import { IndexStep } from './index-step';
import { IngestionRepository } from './ingestion.repository';
import { IngestionService } from './ingestion.service';
import { IngestionAttempt } from './ingestion-attempt';
import { IngestionLifecycle } from './ingestion-lifecycle';
import { IngestionPause } from './ingestion-pause';
import { IngestionProcesses } from './ingestion-processes';
import { IngestionSweeper } from './ingestion-sweeper';
import { IngestionWork } from './ingestion-work';
import { IngestionWorker } from './ingestion-worker';
import { MediaEngineSettings } from './media-engines';
import { SlowLane } from './slow-lane';
import { SuspectWatch } from './suspect-watch';

/** Ingestion, from the bytes of a file to live points: ownership, steps, switch. */
@Module({
  imports: [EmbeddingModule, FilesModule, IndexModule, RemovalModule, SettingsModule],
  providers: [
    ChunkStep,
    ActiveIngestions,
    IndexStep,
    IngestionLifecycle,
    IngestionWork,
    IngestionAttempt,
    IngestionPause,
    IngestionProcesses,
    IngestionRepository,
    IngestionService,
    IngestionSweeper,
    IngestionWorker,
    MediaEngineSettings,
    SlowLane,
    SuspectWatch,
    {
      provide: QuarantineProcesses,
      inject: [Runtime],
      useFactory: (runtime: Runtime) => new QuarantineProcesses(runtime, 'RETRIEVAL_ROLE'),
    },
    {
      provide: QuarantineWorker,
      inject: [Runtime, IngestionService],
      useFactory: (runtime: Runtime, ingestion: IngestionService) =>
        new QuarantineWorker(runtime, () => ingestion.workOnSuspect()),
    },
    {
      provide: EXTRACTOR,
      inject: [RETRIEVAL_ENV, Runtime],
      useFactory: (env: RetrievalEnv, runtime: Runtime) => {
        const options = extractorOptions(env);
        const missing = missingLanguages(options.recognition);
        if (missing.length > 0)
          runtime.log.warn(
            { missing },
            'OCR_LANGUAGES names languages that are not there: put their traineddata files into OCR_DIR',
          );
        // One more for the slow lane.
        return createExtractor({ ...options, processes: env.INGESTION_CONCURRENCY + 1 });
      },
    },
  ],
  exports: [IngestionProcesses],
})
export class IngestionModule {}
