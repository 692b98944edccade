import { Module } from '@nestjs/common';
import { ConfigsModule } from '../configs/configs.module';
import { AdminConfigController } from './admin-config.controller';
import { AuthsController } from './auths.controller';
import { AuthsRoutes } from './auths.routes';

@Module({
  imports: [ConfigsModule],
  controllers: [AdminConfigController, AuthsController, AuthsRoutes],
})
export class AuthsModule {}
