import { Module } from '@nestjs/common';
import { RetrievalModule } from '../retrieval/retrieval.module';
import { SITE } from '../site/site';
import { SiteModule } from '../site/site.module';
import { SocketsModule } from '../sockets/sockets.module';
import { BUILD_INFO, buildInfoOf } from './build-info';
import { ConfigsController } from './configs.controller';
import { ConfigsRoutes } from './configs.routes';
import { SettingsCache } from './settings-cache';

@Module({
  imports: [RetrievalModule, SiteModule, SocketsModule],
  controllers: [ConfigsController, ConfigsRoutes],
  providers: [
    { provide: BUILD_INFO, inject: [{ token: SITE, optional: true }], useFactory: buildInfoOf },
    SettingsCache,
  ],
  exports: [SettingsCache],
})
export class ConfigsModule {}
