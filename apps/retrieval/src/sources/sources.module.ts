import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { IngestionModule } from '../ingestion/ingestion.module';
import { KnowledgeModule } from '../knowledge/knowledge.module';
import { SettingsModule } from '../settings/settings.module';
import { WebModule } from '../web/web.module';
import { AbsentDocuments } from './absent-documents';
import { ActiveSources } from './active-sources';
import { DocumentIntake } from './document-intake';
import { SourceOwners } from './source-owners';
import { SourceReaders } from './source-readers';
import { SourceSync } from './source-sync';
import { SourceWorkRepository } from './source-work.repository';
import { SourcesController } from './sources.controller';
import { SourcesRepository } from './sources.repository';
import { SourcesService } from './sources.service';

/** Where the documents of bases come from by themselves. */
@Module({
  imports: [FilesModule, IngestionModule, KnowledgeModule, SettingsModule, WebModule],
  controllers: [SourcesController],
  providers: [
    AbsentDocuments,
    ActiveSources,
    DocumentIntake,
    SourceOwners,
    SourceReaders,
    SourceSync,
    SourceWorkRepository,
    SourcesRepository,
    SourcesService,
  ],
})
export class SourcesModule implements OnApplicationBootstrap {
  constructor(private readonly active: ActiveSources) {}

  onApplicationBootstrap(): void {
    this.active.start();
  }
}
