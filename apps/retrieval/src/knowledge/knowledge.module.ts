import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { DirectoriesController } from './directories.controller';
import { DirectoriesService } from './directories.service';
import { KnowledgeController } from './knowledge.controller';
import { KnowledgeRepository } from './knowledge.repository';
import { KnowledgeService } from './knowledge.service';
import { MembershipService } from './membership.service';

/** Bases, and which files are in them. */
@Module({
  imports: [FilesModule],
  controllers: [KnowledgeController, DirectoriesController],
  providers: [DirectoriesService, KnowledgeRepository, KnowledgeService, MembershipService],
  exports: [KnowledgeRepository, MembershipService],
})
export class KnowledgeModule {}
