import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module';
import { UsageModule } from '../usage/usage.module';
import { ChatImporter } from './chat-importer';
import { ChatReader } from './chat-reader';
import { ChatReadsRepository } from './chat-reads.repository';
import { ChatsController } from './chats.controller';
import { ChatsRepository } from './chats.repository';
import { ChatsService } from './chats.service';
import { CopiesController } from './copies/copies.controller';
import { CopiesRepository } from './copies/copies.repository';
import { CopiesService } from './copies/copies.service';
import { MarksController } from './marks/marks.controller';
import { MarksRepository } from './marks/marks.repository';
import { MarksService } from './marks/marks.service';
import { MessagesController } from './messages/messages.controller';
import { MessagesRepository } from './messages/messages.repository';
import { MessagesService } from './messages/messages.service';
import { SearchModule } from './search/search.module';
import { TagsController } from './tags/tags.controller';
import { TagsRepository } from './tags/tags.repository';
import { TagsService } from './tags/tags.service';

/** Chats as trees of message rows, and the wire's blob made of them. */
@Module({
  imports: [RunsModule, SearchModule, UsageModule],
  controllers: [ChatsController, MarksController, TagsController, MessagesController, CopiesController],
  providers: [
    ChatsRepository,
    ChatReadsRepository,
    ChatReader,
    ChatsService,
    ChatImporter,
    MarksRepository,
    MarksService,
    TagsRepository,
    TagsService,
    MessagesRepository,
    MessagesService,
    CopiesRepository,
    CopiesService,
  ],
})
export class ChatsModule {}
