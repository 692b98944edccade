import { Module } from '@nestjs/common';
import { ModelsRoutes } from './models.routes';

@Module({
  controllers: [ModelsRoutes],
})
export class ModelsModule {}
