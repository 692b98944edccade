import { type DynamicModule, Global, Module } from '@nestjs/common';
import { GATEWAY_ENV, type GatewayEnv } from './env';
import { AuthsModule } from './features/auths/auths.module';
import { AvatarsModule } from './features/avatars/avatars.module';
import { ChatsModule } from './features/chats/chats.module';
import { CompletionsModule } from './features/completions/completions.module';
import { ConfigsModule } from './features/configs/configs.module';
import { ConnectionsModule } from './features/connections/connections.module';
import { EmptyListsModule } from './features/empty-lists/empty-lists.module';
import { FilesModule } from './features/files/files.module';
import { FleetModule } from './features/fleet/fleet.module';
import { KnowledgeModule } from './features/knowledge/knowledge.module';
import { ModelsModule } from './features/models/models.module';
import { OpenApiModule } from './features/openapi/openapi.module';
import { RetrievalModule } from './features/retrieval/retrieval.module';
import { RunsModule } from './features/runs/runs.module';
import { OWN_PAGE_ROOT } from './features/site/site';
import { SiteModule } from './features/site/site.module';
import { SocketsModule } from './features/sockets/sockets.module';
import { TasksModule } from './features/tasks/tasks.module';
import { UsersModule } from './features/users/users.module';
import { HttpModule } from './http/http.module';
import { SessionsModule } from './sessions/sessions.module';

const FEATURES = [
  AuthsModule,
  AvatarsModule,
  ChatsModule,
  CompletionsModule,
  ConfigsModule,
  ConnectionsModule,
  EmptyListsModule,
  FilesModule,
  FleetModule,
  KnowledgeModule,
  ModelsModule,
  OpenApiModule,
  RetrievalModule,
  RunsModule,
  SiteModule,
  SocketsModule,
  TasksModule,
  UsersModule,
];

/** Start parameters of this kind of process. */
@Global()
@Module({})
export class GatewayModule {
  /** @param ownPage directory of our own page, served when `WEB_ROOT` is unset and there is one */
  static forRoot(env: GatewayEnv, ownPage: string, transport: DynamicModule): DynamicModule {
    return {
      module: GatewayModule,
      imports: [transport, HttpModule, SessionsModule, ...FEATURES],
      providers: [
        { provide: GATEWAY_ENV, useValue: env },
        { provide: OWN_PAGE_ROOT, useValue: ownPage },
      ],
      exports: [GATEWAY_ENV, OWN_PAGE_ROOT],
    };
  }
}
