import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { IndexModule } from '../search-index/index.module';
import { RemovalService } from './removal.service';
import { RemovalsRepository } from './removals.repository';

/** Removal of deleted data. */
@Module({
  imports: [FilesModule, IndexModule],
  providers: [RemovalService, RemovalsRepository],
  exports: [RemovalService],
})
export class RemovalModule {}
