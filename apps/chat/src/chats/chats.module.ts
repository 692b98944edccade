import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module';
import { UsageModule } from '../usage/usage.module';
import { ChatImporter } from './chat-importer';
import { ChatsController } from './chats.controller';
import { ChatsRepository } from './chats.repository';
import { ChatsService } from './chats.service';
import { SearchModule } from './search/search.module';

/** Chats as trees of message rows, and the wire's blob made of them. */
@Module({
  imports: [RunsModule, SearchModule, UsageModule],
  controllers: [ChatsController],
  providers: [ChatsRepository, ChatsService, ChatImporter],
})
export class ChatsModule {}
