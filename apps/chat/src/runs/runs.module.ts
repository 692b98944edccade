import { Module } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { Connections, createRunPublisher } from '@perennial/transport';
import { QuarantineProcesses, QuarantineWorker } from '@perennial/work';
import { PicturesModule } from '../pictures/pictures.module';
import { UsageModule } from '../usage/usage.module';
import { AcceptRepository } from './accept/accept.repository';
import { AcceptCompletionService } from './accept/accept-completion.service';
import { AcceptTurnService } from './accept/accept-turn.service';
import { AcceptedRuns } from './accept/accepted-runs';
import { AnswerWork } from './answer-work';
import { BrownOut } from './brown-out';
import { CancelRepository } from './cancel/cancel.repository';
import { CancelService } from './cancel/cancel.service';
import { DocumentGate } from './documents/document-gate';
import { DocumentsRepository } from './documents/documents.repository';
import { DocumentsService } from './documents/documents.service';
import { QueryWriter } from './documents/query-writer';
import { RetrievalPresence } from './documents/retrieval-presence';
import { ActiveRuns } from './generation/active-runs';
import { AnswerStreams } from './generation/answer-streams';
import { AttemptFactory } from './generation/attempt-factory';
import { FinishRepository } from './generation/finish.repository';
import { GenerationService } from './generation/generation.service';
import { ProviderCalls } from './generation/provider-calls';
import { RunClaims } from './generation/run-claims';
import { RunMetrics } from './generation/run-metrics';
import { RunReports } from './generation/run-reports';
import { RunWorker } from './generation/run-worker';
import { ConnectionLimits } from './models/connection-limits';
import { ModelCatalog } from './models/model-catalog';
import { ProviderGate } from './models/provider-gate';
import { ProviderPauses } from './models/provider-pauses';
import { TaskModel } from './models/task-model';
import { ClaimRepository } from './ownership/claim.repository';
import { OwnershipRepository } from './ownership/ownership.repository';
import { ProcessRegistry } from './ownership/process-registry';
import { PruneRepository } from './ownership/prune.repository';
import { QueuePlacesRepository } from './ownership/queue-places.repository';
import { RunQueue } from './ownership/run-queue';
import { Sweeper } from './ownership/sweeper';
import { QueueNews } from './queue-news';
import { RunReader } from './read/run-reader';
import { RUN_PUBLISHER } from './run-publisher';
import { RunsController } from './runs.controller';
import { RunsLifecycle } from './runs-lifecycle';
import { EffectModel } from './side-effects/effect-model';
import { FollowUpMaker } from './side-effects/follow-up-maker';
import { SideEffectsRepository } from './side-effects/side-effects.repository';
import { SideEffects } from './side-effects/side-effects.service';
import { TitleMaker } from './side-effects/title-maker';
import { UserEvents } from './user-events';

/** The run engine: accept, ownership, generation, finish, cancel. */
@Module({
  imports: [PicturesModule, UsageModule],
  controllers: [RunsController],
  providers: [
    AcceptRepository,
    AcceptedRuns,
    AcceptTurnService,
    AcceptCompletionService,
    CancelRepository,
    CancelService,
    DocumentGate,
    DocumentsRepository,
    DocumentsService,
    QueryWriter,
    RetrievalPresence,
    AnswerStreams,
    AttemptFactory,
    FinishRepository,
    GenerationService,
    ProviderCalls,
    ActiveRuns,
    RunClaims,
    RunMetrics,
    RunReports,
    BrownOut,
    ConnectionLimits,
    ModelCatalog,
    ProviderGate,
    ProviderPauses,
    TaskModel,
    ClaimRepository,
    OwnershipRepository,
    ProcessRegistry,
    PruneRepository,
    QueueNews,
    QueuePlacesRepository,
    RunQueue,
    RunWorker,
    Sweeper,
    RunReader,
    RunsLifecycle,
    AnswerWork,
    SideEffectsRepository,
    SideEffects,
    EffectModel,
    TitleMaker,
    FollowUpMaker,
    UserEvents,
    {
      provide: QuarantineProcesses,
      inject: [Runtime],
      useFactory: (runtime: Runtime) => new QuarantineProcesses(runtime, 'CHAT_ROLE'),
    },
    {
      provide: QuarantineWorker,
      inject: [Runtime, GenerationService],
      useFactory: (runtime: Runtime, generation: GenerationService) =>
        new QuarantineWorker(runtime, () => generation.workOnSuspects()),
    },
    {
      provide: RUN_PUBLISHER,
      inject: [Connections, OwnershipRepository, ProcessRegistry],
      useFactory: (connections: Connections, repository: OwnershipRepository, registry: ProcessRegistry) =>
        createRunPublisher({ connections, ownsStill: (runs) => repository.ownStill(registry.id, runs) }),
    },
  ],
  exports: [CancelService, RunReader, UserEvents],
})
export class RunsModule {}
