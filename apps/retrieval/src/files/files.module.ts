import { Module } from '@nestjs/common';
import { IndexModule } from '../search-index/index.module';
import { SettingsModule } from '../settings/settings.module';
import { FileChanges } from './file-changes';
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
    FileChanges,
    FileProgress,
    FilesRepository,
    FilesService,
    IngestionQueue,
    PlacementsRepository,
    RegisterService,
    UserStorage,
  ],
  exports: [
    FileChanges,
    FileProgress,
    FilesRepository,
    IngestionQueue,
    PlacementsRepository,
    RegisterService,
    UserStorage,
  ],
})
export class FilesModule {}
