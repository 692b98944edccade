import { type DynamicModule, Global, Module } from '@nestjs/common';
import * as contract from '@perennial/contracts-retrieval';
import { databaseFrom, PersistenceModule } from '@perennial/persistence';
import { placementPrints, type Runtime, secretKeys } from '@perennial/runtime';
import { callsOf, TransportModule } from '@perennial/transport';
import { vectorStorePrints } from '@perennial/vector-store';
import { BlobMoveModule } from './blob-move/blob-move.module';
import { RETRIEVAL_ENV, type RetrievalEnv } from './env';
import { FilesModule } from './files/files.module';
import { HostModule } from './host/host.module';
import { IngestionModule } from './ingestion/ingestion.module';
import { KnowledgeModule } from './knowledge/knowledge.module';
import { retrievalMigrations } from './migrations';
import { ReconcileModule } from './reconcile/reconcile.module';
import { SearchModule } from './search/search.module';
import { IndexModule } from './search-index/index.module';
import { SettingsModule } from './settings/settings.module';
import { SourcesModule } from './sources/sources.module';
import { StoresModule } from './stores/stores.module';

/** Files, knowledge bases, their ingestion, and searches in them. */
@Global()
@Module({})
export class RetrievalModule {
  static forRoot(env: RetrievalEnv, runtime: Runtime): DynamicModule {
    const placements = placementPrints(env.PLACEMENTS);
    const vectorStores = vectorStorePrints(env);
    runtime.status.provide({ placements: () => placements, vectorStores: () => vectorStores });
    runtime.status.provide({ role: () => env.RETRIEVAL_ROLE });
    return {
      module: RetrievalModule,
      imports: [
        PersistenceModule.forRoot({
          ...databaseFrom(env),
          schema: 'retrieval',
          migrations: retrievalMigrations,
          callResults: true,
        }),
        TransportModule.forRoot({
          redisUrl: env.REDIS_URL,
          keyPrefix: env.REDIS_KEY_PREFIX,
          secretKeys: secretKeys(env),
          requireSigned: env.REDIS_REQUIRE_SIGNED,
          service: 'retrieval',
          instanceId: runtime.instance,
          calls: callsOf(contract),
          metrics: runtime.metrics,
          log: runtime.log,
          status: () => runtime.status.read(),
        }),
        StoresModule.forRoot(env),
        HostModule,
        SettingsModule,
        FilesModule,
        KnowledgeModule,
        IndexModule,
        IngestionModule,
        SearchModule,
        ReconcileModule,
        SourcesModule,
        BlobMoveModule,
      ],
      providers: [{ provide: RETRIEVAL_ENV, useValue: env }],
      exports: [RETRIEVAL_ENV],
    };
  }
}
