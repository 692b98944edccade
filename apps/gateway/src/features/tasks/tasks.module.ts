import { Module } from '@nestjs/common';
import { SocketsModule } from '../sockets/sockets.module';
import { TasksController } from './tasks.controller';
import { TasksRoutes } from './tasks.routes';

@Module({
  imports: [SocketsModule],
  controllers: [TasksController, TasksRoutes],
})
export class TasksModule {}
