import { type DynamicModule, Global, Module } from '@nestjs/common';
import { placementPrints, type Runtime, secretKeys } from '@perennial/runtime';
import { Connections, createRunStreamSubscriber, Rpc, TransportModule } from '@perennial/transport';
import type { GatewayEnv } from './env';
import { FLEET_REGISTRY, registryOf } from './features/fleet/fleet';
import { lookupBy, RUN_STREAM_SUBSCRIBER } from './features/runs/run-stream-subscriber';

/**
 * The gateway's connections to other processes: calls, notices and the run subscriber. Tests of the edge replace it.
 */
@Global()
@Module({})
export class GatewayTransport {
  static forRoot(env: GatewayEnv, runtime: Runtime): DynamicModule {
    const placements = placementPrints(env.PLACEMENTS);
    runtime.status.provide({ placements: () => placements });
    const transport = TransportModule.forRoot({
      redisUrl: env.REDIS_URL,
      keyPrefix: env.REDIS_KEY_PREFIX,
      secretKeys: secretKeys(env),
      requireSigned: env.REDIS_REQUIRE_SIGNED,
      service: runtime.name,
      instanceId: runtime.instance,
      metrics: runtime.metrics,
      log: runtime.log,
      status: () => runtime.status.read(),
    });
    return {
      module: GatewayTransport,
      imports: [transport],
      providers: [
        {
          provide: RUN_STREAM_SUBSCRIBER,
          inject: [Connections, Rpc],
          useFactory: (connections: Connections, rpc: Rpc) =>
            createRunStreamSubscriber({ connections, lookup: lookupBy(rpc) }),
        },
        { provide: FLEET_REGISTRY, inject: [Connections], useFactory: registryOf },
      ],
      exports: [RUN_STREAM_SUBSCRIBER, FLEET_REGISTRY],
    };
  }
}
