import { Module } from '@nestjs/common';
import { IndexModule } from '../search-index/index.module';
import { SettingsModule } from '../settings/settings.module';
import { DirectoriesRepository } from './directories.repository';
import { FileChanges } from './file-changes';
import { FileMoves } from './file-moves.repository';
import { FilesController } from './files.controller';
import { FilesRepository } from './files.repository';
import { FilesService } from './files.service';
import { IngestionQueue } from './ingestion-queue';
import { PlacementsRepository } from './placements.repository';
import { FileProgress } from './progress.service';
import { RegisterService } from './register.service';
import { UserStorage } from './user-storage';

/** Files and where they can be found. */
@Module({
  imports: [IndexModule, SettingsModule],
  controllers: [FilesController],
  providers: [
    DirectoriesRepository,
    FileChanges,
    FileMoves,
    FileProgress,
    FilesRepository,
    FilesService,
    IngestionQueue,
    PlacementsRepository,
    RegisterService,
    UserStorage,
  ],
  exports: [
    DirectoriesRepository,
    FileChanges,
    FileMoves,
    FileProgress,
    FilesRepository,
    IngestionQueue,
    PlacementsRepository,
    RegisterService,
    UserStorage,
  ],
})
export class FilesModule {}
