import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Runtime } from '@perennial/runtime';
import { Connections, createRunHub, promRpcMetrics, Rpc, TransportModule } from '@perennial/transport';
import type { GatewayEnv } from './env';
import { lookupBy, RUN_HUB } from './features/runs/run-hub';

/** All that the gateway has of other processes: calls, notices and the run hub. Tests of the edge put their own in its place. */
@Global()
@Module({})
export class GatewayTransport {
  static forRoot(env: GatewayEnv, runtime: Runtime): DynamicModule {
    const transport = TransportModule.forRoot({
      redisUrl: env.REDIS_URL,
      keyPrefix: env.REDIS_KEY_PREFIX,
      secretKey: env.SECRET_KEY,
      requireSigned: env.REDIS_REQUIRE_SIGNED,
      service: runtime.name,
      instanceId: runtime.instance,
      metrics: promRpcMetrics(runtime.metrics.registry),
    });
    return {
      module: GatewayTransport,
      imports: [transport],
      providers: [
        {
          provide: RUN_HUB,
          inject: [Connections, Rpc],
          useFactory: (connections: Connections, rpc: Rpc) => createRunHub({ connections, lookup: lookupBy(rpc) }),
        },
      ],
      exports: [RUN_HUB],
    };
  }
}
