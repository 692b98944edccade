import { Module } from '@nestjs/common';
import { AccountListsController } from './account-lists.controller';
import { UsersController } from './users.controller';
import { UsersRoutes } from './users.routes';

@Module({
  controllers: [AccountListsController, UsersController, UsersRoutes],
})
export class UsersModule {}
