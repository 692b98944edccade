import { Module } from '@nestjs/common';
import { PicturesModule } from '../pictures/pictures.module';
import { ChatMarksRoutes } from './chat-marks.routes';
import { ChatMessagesRoutes } from './chat-messages.routes';
import { ChatReadsController } from './chat-reads.controller';
import { ChatTagsRoutes } from './chat-tags.routes';
import { ChatsController } from './chats.controller';
import { ChatsRoutes } from './chats.routes';

@Module({
  imports: [PicturesModule],
  controllers: [ChatsController, ChatReadsController, ChatsRoutes, ChatMarksRoutes, ChatTagsRoutes, ChatMessagesRoutes],
})
export class ChatsModule {}
