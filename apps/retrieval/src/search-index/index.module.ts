import { Module } from '@nestjs/common';
import { EmbeddingModule } from '../embedding/embedding.module';
import { SettingsModule } from '../settings/settings.module';
import { BuildSteps } from './build-steps';
import { BuildsRepository } from './builds.repository';
import { ChunksRepository } from './chunks.repository';
import { EmbeddingController } from './embedding.controller';
import { EmbeddingService } from './embedding.service';
import { IndexBuilder } from './index-builder';
import { IndexCatalog } from './index-catalog';
import { IndexComparison } from './index-comparison';
import { IndexFiller } from './index-filler';
import { IndexRegistry } from './index-registry';
import { IndexRequests } from './index-requests';
import { IndexStatusReader } from './index-status';
import { IndexWriter } from './index-writer';
import { MovesRepository } from './moves.repository';
import { RefusalsRepository } from './refusals.repository';
import { StoreCheck } from './store-check';
import { StoredVectors } from './stored-vectors';
import { VectorMoveController } from './vector-move.controller';
import { VectorMoveService } from './vector-move.service';

/** The indexes, their content, and the switch between them. */
@Module({
  imports: [EmbeddingModule, SettingsModule],
  controllers: [EmbeddingController, VectorMoveController],
  providers: [
    IndexCatalog,
    IndexRegistry,
    IndexFiller,
    IndexWriter,
    ChunksRepository,
    BuildsRepository,
    BuildSteps,
    IndexBuilder,
    IndexRequests,
    IndexStatusReader,
    EmbeddingService,
    RefusalsRepository,
    IndexComparison,
    MovesRepository,
    StoreCheck,
    StoredVectors,
    VectorMoveService,
  ],
  exports: [IndexCatalog, IndexRegistry, IndexFiller, IndexWriter, ChunksRepository, RefusalsRepository, StoredVectors],
})
export class IndexModule {}
