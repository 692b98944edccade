import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { ProcessController } from './process.controller';
import { RetrievalConfigController } from './retrieval-config.controller';
import { RetrievalLimits } from './retrieval-limits';
import { RetrievalRoutes } from './retrieval.routes';

@Module({
  imports: [FilesModule],
  controllers: [RetrievalRoutes, RetrievalConfigController, ProcessController],
  providers: [RetrievalLimits],
  exports: [RetrievalLimits],
})
export class RetrievalModule {}
