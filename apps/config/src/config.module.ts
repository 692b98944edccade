import { type DynamicModule, Module } from '@nestjs/common';
import * as contract from '@perennial/contracts-config';
import { databaseFrom, PersistenceModule } from '@perennial/persistence';
import { placementPrints, type Runtime, secretKeys } from '@perennial/runtime';
import { callsOf, TransportModule } from '@perennial/transport';
import { ConnectionsController } from './connections/connections.controller';
import { ConnectionsService } from './connections/connections.service';
import { ProviderClient } from './connections/provider-client';
import { CONFIG_ENV, type ConfigEnv } from './env';
import { configMigrations } from './migrations';
import { ModelsController } from './models/models.controller';
import { ModelsService } from './models/models.service';
import { ProviderLists } from './models/provider-lists';
import { SettingsController } from './settings/settings.controller';
import { SettingsService } from './settings/settings.service';
import { EnvironmentConnections } from './state/environment-connections';
import { KeySeal } from './state/key-seal';
import { StateRepository } from './state/state.repository';
import { StateKeeper } from './state/state-keeper';

/** Settings, model connections and the list of models. */
@Module({
  controllers: [SettingsController, ConnectionsController, ModelsController],
  providers: [
    StateRepository,
    StateKeeper,
    EnvironmentConnections,
    ProviderClient,
    ConnectionsService,
    ProviderLists,
    ModelsService,
    SettingsService,
    { provide: KeySeal, inject: [CONFIG_ENV], useFactory: (env: ConfigEnv) => new KeySeal(secretKeys(env)) },
  ],
})
export class ConfigModule {
  static forRoot(env: ConfigEnv, runtime: Runtime): DynamicModule {
    const placements = placementPrints(env.PLACEMENTS);
    runtime.status.provide({ placements: () => placements });
    return {
      module: ConfigModule,
      imports: [
        PersistenceModule.forRoot({
          ...databaseFrom(env),
          schema: 'config',
          migrations: configMigrations,
          callResults: true,
        }),
        TransportModule.forRoot({
          redisUrl: env.REDIS_URL,
          keyPrefix: env.REDIS_KEY_PREFIX,
          secretKeys: secretKeys(env),
          requireSigned: env.REDIS_REQUIRE_SIGNED,
          service: 'config',
          instanceId: runtime.instance,
          calls: callsOf(contract),
          metrics: runtime.metrics,
          log: runtime.log,
          status: () => runtime.status.read(),
        }),
      ],
      providers: [{ provide: CONFIG_ENV, useValue: env }],
    };
  }
}
