import { type DynamicModule, Global, Module } from '@nestjs/common';
import * as contract from '@perennial/contracts-chat';
import { databaseFrom, PersistenceModule } from '@perennial/persistence';
import { placementPrints, type Runtime, secretKeys } from '@perennial/runtime';
import { callsOf, TransportModule } from '@perennial/transport';
import { ChatsModule } from './chats/chats.module';
import { CHAT_ENV, type ChatEnv } from './env';
import { MIGRATIONS } from './migrations';
import { RunsModule } from './runs/runs.module';

/** Chats, and the answers in them. */
@Global()
@Module({})
export class ChatModule {
  static forRoot(env: ChatEnv, runtime: Runtime): DynamicModule {
    const placements = placementPrints(env.PLACEMENTS);
    runtime.status.provide({ placements: () => placements });
    runtime.status.provide({ role: () => env.CHAT_ROLE });
    return {
      module: ChatModule,
      imports: [
        PersistenceModule.forRoot({
          ...databaseFrom(env),
          schema: 'chat',
          migrations: MIGRATIONS,
          callResults: true,
          heavyReads: true,
          genericPlans: true,
        }),
        TransportModule.forRoot({
          redisUrl: env.REDIS_URL,
          keyPrefix: env.REDIS_KEY_PREFIX,
          secretKeys: secretKeys(env),
          requireSigned: env.REDIS_REQUIRE_SIGNED,
          service: 'chat',
          instanceId: runtime.instance,
          calls: callsOf(contract),
          metrics: runtime.metrics,
          log: runtime.log,
          status: () => runtime.status.read(),
        }),
        RunsModule,
        ChatsModule,
      ],
      providers: [{ provide: CHAT_ENV, useValue: env }],
      exports: [CHAT_ENV],
    };
  }
}
