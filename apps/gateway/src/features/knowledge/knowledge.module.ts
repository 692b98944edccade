import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { KnowledgeController } from './knowledge.controller';
import { KnowledgeRoutes } from './knowledge.routes';
import { KnowledgeDirectoriesRoutes } from './knowledge-directories.routes';
import { KnowledgeFilesController } from './knowledge-files.controller';
import { KnowledgeFilesRoutes } from './knowledge-files.routes';
import { KnowledgeSourcesRoutes } from './knowledge-sources.routes';
import { Owners } from './owners';
import { PendingFilesController } from './pending-files.controller';

@Module({
  imports: [FilesModule],
  controllers: [
    KnowledgeController,
    KnowledgeRoutes,
    KnowledgeDirectoriesRoutes,
    KnowledgeFilesController,
    KnowledgeFilesRoutes,
    KnowledgeSourcesRoutes,
    PendingFilesController,
  ],
  providers: [Owners],
})
export class KnowledgeModule {}
