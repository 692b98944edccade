import { Module, type DynamicModule } from '@nestjs/common';
import * as contract from '@perennial/contracts-retrieval';
import { PersistenceModule } from '@perennial/persistence';
import type { Runtime } from '@perennial/runtime';
import { callsOf, promRpcMetrics, TransportModule } from '@perennial/transport';
import type { RetrievalEnv } from './env';
import { KnowledgeController } from './knowledge/knowledge.controller';
import { KnowledgeRepository } from './knowledge/knowledge.repository';
import { retrievalMigrations } from './migrations';

/** Knowledge bases. */
@Module({ controllers: [KnowledgeController], providers: [KnowledgeRepository] })
export class RetrievalModule {
  static forRoot(env: RetrievalEnv, runtime: Runtime): DynamicModule {
    return {
      module: RetrievalModule,
      imports: [
        PersistenceModule.forRoot({
          url: env.DATABASE_URL,
          schema: 'retrieval',
          migrations: retrievalMigrations,
          poolSize: env.DATABASE_POOL_SIZE,
        }),
        TransportModule.forRoot({
          redisUrl: env.REDIS_URL,
          keyPrefix: env.REDIS_KEY_PREFIX,
          service: 'retrieval',
          instanceId: runtime.instance,
          calls: callsOf(contract),
          metrics: promRpcMetrics(runtime.metrics.registry),
        }),
      ],
    };
  }
}
