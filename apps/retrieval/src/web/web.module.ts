import { Module } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { FilesModule } from '../files/files.module';
import { SettingsModule } from '../settings/settings.module';
import { PoliteReader } from './polite-reader';
import { WebClient } from './web-client';
import { WebPagesController } from './web-pages.controller';
import { WebPagesService } from './web-pages.service';

/** Pages of the web: how they are read safely, and one page that a person asks for. */
@Module({
  imports: [FilesModule, SettingsModule],
  controllers: [WebPagesController],
  providers: [
    WebPagesService,
    {
      provide: WebClient,
      inject: [RETRIEVAL_ENV, Runtime],
      useFactory: (env: RetrievalEnv, runtime: Runtime) => {
        const client = new WebClient({
          local: env.ENABLE_RAG_LOCAL_WEB_FETCH,
          hosts: env.WEB_FETCH_FILTER_LIST,
          timeoutMs: env.WEB_LOADER_TIMEOUT * 1_000,
        });
        runtime.drain.add('close', 'close the connections to web servers', () => client.close());
        return client;
      },
    },
    {
      provide: PoliteReader,
      inject: [WebClient, RETRIEVAL_ENV],
      useFactory: (client: WebClient, env: RetrievalEnv) => new PoliteReader(client, env.SOURCE_PAUSE_MS),
    },
  ],
  exports: [PoliteReader, WebClient],
})
export class WebModule {}
