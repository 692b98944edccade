import { Module } from '@nestjs/common';
import { ModelListController } from './model-list.controller';
import { ModelsRoutes } from './models.routes';

@Module({
  controllers: [ModelListController, ModelsRoutes],
})
export class ModelsModule {}
