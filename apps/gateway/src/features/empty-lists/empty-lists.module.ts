import { Module } from '@nestjs/common';
import { EmptyListsRoutes } from './empty-lists.routes';

@Module({
  controllers: [EmptyListsRoutes],
})
export class EmptyListsModule {}
