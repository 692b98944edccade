import { Module } from '@nestjs/common';
import { PicturesModule } from '../pictures/pictures.module';
import { ChatMarksRoutes } from './chat-marks.routes';
import { ChatsController } from './chats.controller';
import { ChatsRoutes } from './chats.routes';

@Module({
  imports: [PicturesModule],
  controllers: [ChatsController, ChatsRoutes, ChatMarksRoutes],
})
export class ChatsModule {}
