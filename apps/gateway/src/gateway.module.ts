import { resolve } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { AuthsController } from './auths/auths.controller';
import { ChatsController } from './chats/chats.controller';
import { AnswerSources } from './completions/answer-sources';
import { CompletionsController } from './completions/completions.controller';
import { CompletionsService } from './completions/completions.service';
import { BUILD_INFO, buildInfoOf } from './configs/build-info';
import { ConfigsController } from './configs/configs.controller';
import { SettingsCache } from './configs/settings-cache';
import { ConnectionsController } from './connections/connections.controller';
import { AccessGuard } from './edge/access.guard';
import { AllowedHosts } from './edge/allowed-hosts';
import { EventStreams } from './edge/event-streams';
import { Load } from './edge/load';
import { Origins } from './edge/origins';
import { Proxies } from './edge/proxies';
import { EmptyListsController } from './empty/empty-lists.controller';
import { GATEWAY_ENV, type GatewayEnv } from './env';
import { FileBytesModule } from './files/file-bytes.module';
import { FileStatusController } from './files/file-status.controller';
import { FileTextController } from './files/file-text.controller';
import { FileWatch } from './files/file-watch';
import { FilesController } from './files/files.controller';
import { TextFiles } from './files/text-files';
import { KnowledgeController } from './knowledge/knowledge.controller';
import { KnowledgeFilesController } from './knowledge/knowledge-files.controller';
import { Owners } from './knowledge/owners';
import { PendingFilesController } from './knowledge/pending-files.controller';
import { ModelsController } from './models/models.controller';
import { PictureIntake } from './pictures/picture-intake';
import { ProcessController } from './retrieval/process.controller';
import { RetrievalConfigController } from './retrieval/retrieval-config.controller';
import { RetrievalLimits } from './retrieval/retrieval-limits';
import { RetrievalQueryController } from './retrieval/retrieval-query.controller';
import { RunsController } from './runs/runs.controller';
import { ConnectionsHeld } from './sessions/connections-held';
import { RevocationFeed } from './sessions/revocation-feed';
import { Revocations } from './sessions/revocations';
import { Sessions } from './sessions/sessions';
import { CatchUp } from './sockets/catch-up';
import { SocketAdmission } from './sockets/socket-admission';
import { SocketServer } from './sockets/socket-server';
import { SocketSessions } from './sockets/socket-sessions';
import { SocketUsers } from './sockets/socket-users';
import { TasksController } from './tasks/tasks.controller';
import { UsersController } from './users/users.controller';
import { PicturesController } from './web/pictures.controller';
import { Site, SITE } from './web/site';
import { WebController } from './web/web.controller';

/** Bodies of the largest size that may be on their way at once; smaller ones may be more. */
const BODIES = 64;
const BODIES_PER_USER = 16;

@Module({})
export class GatewayModule {
  /** @param ownPage directory of our own page, served when `WEB_ROOT` is unset and there is one */
  static forRoot(env: GatewayEnv, ownPage: string, transport: DynamicModule): DynamicModule {
    return {
      module: GatewayModule,
      imports: [transport, FileBytesModule.forRoot(env)],
      controllers: [
        AuthsController,
        UsersController,
        ConfigsController,
        ModelsController,
        FilesController,
        FileTextController,
        FileStatusController,
        KnowledgeController,
        KnowledgeFilesController,
        PendingFilesController,
        RetrievalConfigController,
        RetrievalQueryController,
        ProcessController,
        ChatsController,
        CompletionsController,
        TasksController,
        RunsController,
        ConnectionsController,
        PicturesController,
        WebController,
        EmptyListsController,
      ],
      providers: [
        { provide: GATEWAY_ENV, useValue: env },
        { provide: SITE, useFactory: () => siteOf(env, ownPage) },
        { provide: BUILD_INFO, inject: [{ token: SITE, optional: true }], useFactory: buildInfoOf },
        { provide: Origins, useValue: new Origins(env.CORS_ALLOW_ORIGIN) },
        { provide: AllowedHosts, useValue: new AllowedHosts(env.ALLOWED_HOSTS) },
        { provide: Proxies, useValue: new Proxies(env.TRUSTED_PROXIES) },
        { provide: Load, inject: [Runtime], useFactory: (runtime: Runtime) => new Load(limitsOf(env), runtime) },
        { provide: Revocations, useValue: new Revocations() },
        {
          provide: Sessions,
          inject: [Revocations, Rpc],
          useFactory: (revocations: Revocations, rpc: Rpc) => new Sessions(env.SECRET_KEY, revocations, rpc),
        },
        { provide: APP_GUARD, useClass: AccessGuard },
        ConnectionsHeld,
        RevocationFeed,
        SettingsCache,
        EventStreams,
        FileWatch,
        TextFiles,
        Owners,
        PictureIntake,
        RetrievalLimits,
        AnswerSources,
        CompletionsService,
        SocketUsers,
        SocketAdmission,
        SocketSessions,
        SocketServer,
        CatchUp,
      ],
    };
  }
}

/** A `WEB_ROOT` without a page is a mistake that must be seen at the start; our own page may be missing while it is developed. */
async function siteOf({ WEB_ROOT }: GatewayEnv, ownPage: string): Promise<Site | undefined> {
  const own = WEB_ROOT === undefined || resolve(WEB_ROOT) === resolve(ownPage);
  const site = await Site.open(WEB_ROOT ?? ownPage, own);
  if (site === undefined && !own) throw new Error(`WEB_ROOT: there is no index.html in ${WEB_ROOT}`);
  return site;
}

function limitsOf(env: GatewayEnv) {
  return {
    requests: env.MAX_REQUESTS,
    requestsPerUser: env.MAX_REQUESTS_PER_USER,
    streams: env.MAX_STREAMS,
    streamsPerUser: env.MAX_STREAMS_PER_USER,
    bodyBytes: BODIES * env.BODY_LIMIT_BYTES,
    bodyBytesPerUser: BODIES_PER_USER * env.BODY_LIMIT_BYTES,
  };
}
