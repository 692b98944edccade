import { Module } from '@nestjs/common';
import { UsersController } from './users.controller';
import { UsersRoutes } from './users.routes';

@Module({
  controllers: [UsersController, UsersRoutes],
})
export class UsersModule {}
