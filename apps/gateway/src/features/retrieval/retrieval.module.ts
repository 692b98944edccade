import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { ProcessController } from './process.controller';
import { RetrievalRoutes } from './retrieval.routes';
import { RetrievalConfigController } from './retrieval-config.controller';
import { RetrievalLimits } from './retrieval-limits';
import { WebPages } from './web-pages';

@Module({
  imports: [FilesModule],
  controllers: [RetrievalRoutes, RetrievalConfigController, ProcessController],
  providers: [RetrievalLimits, WebPages],
  exports: [RetrievalLimits],
})
export class RetrievalModule {}
