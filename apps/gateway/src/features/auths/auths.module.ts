import { Module } from '@nestjs/common';
import { ConfigsModule } from '../configs/configs.module';
import { AuthsController } from './auths.controller';
import { AuthsRoutes } from './auths.routes';

@Module({
  imports: [ConfigsModule],
  controllers: [AuthsController, AuthsRoutes],
})
export class AuthsModule {}
