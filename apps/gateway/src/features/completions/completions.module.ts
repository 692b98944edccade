import { Module } from '@nestjs/common';
import { PicturesModule } from '../pictures/pictures.module';
import { RetrievalModule } from '../retrieval/retrieval.module';
import { AnswerSources } from './answer-sources';
import { CompletionsController } from './completions.controller';
import { CompletionsService } from './completions.service';

@Module({
  imports: [PicturesModule, RetrievalModule],
  controllers: [CompletionsController],
  providers: [AnswerSources, CompletionsService],
})
export class CompletionsModule {}
