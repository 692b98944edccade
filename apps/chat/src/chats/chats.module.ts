import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module';
import { UsageModule } from '../usage/usage.module';
import { ChatImporter } from './chat-importer';
import { ChatsController } from './chats.controller';
import { ChatsRepository } from './chats.repository';
import { ChatsService } from './chats.service';
import { MarksController } from './marks/marks.controller';
import { MarksRepository } from './marks/marks.repository';
import { MarksService } from './marks/marks.service';
import { SearchModule } from './search/search.module';

/** Chats as trees of message rows, and the wire's blob made of them. */
@Module({
  imports: [RunsModule, SearchModule, UsageModule],
  controllers: [ChatsController, MarksController],
  providers: [ChatsRepository, ChatsService, ChatImporter, MarksRepository, MarksService],
})
export class ChatsModule {}
