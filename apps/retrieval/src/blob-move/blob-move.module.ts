import { Module } from '@nestjs/common';
import { IngestionModule } from '../ingestion/ingestion.module';
import { ActiveBlobMoves } from './active-blob-moves';
import { BlobMoveController } from './blob-move.controller';
import { BlobMoveService } from './blob-move.service';
import { BlobMoveTurn } from './blob-move-turn';
import { BlobMovesRepository } from './blob-moves.repository';

/** Moving all files into another store, while everybody works. */
@Module({
  imports: [IngestionModule],
  controllers: [BlobMoveController],
  providers: [ActiveBlobMoves, BlobMoveService, BlobMoveTurn, BlobMovesRepository],
})
export class BlobMoveModule {}
