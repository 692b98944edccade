import { randomBytes } from 'node:crypto';
import {
  type DynamicModule,
  Global,
  type INestApplication,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { AsyncMicroserviceOptions, MicroserviceOptions } from '@nestjs/microservices';
import type { Logger, Metrics, ProcessStatus, SecretKeys } from '@perennial/runtime';
import { Notices } from '../notices/notices';
import { Connections, FleetReporter, observeRedis } from '../redis';
import { rpcMetrics } from './metrics';
import { Rpc } from './rpc';
import { RedisRpcClient, type RpcClientOptions } from './rpc-client';
import { RedisRpcServer, type RpcServerOptions } from './rpc-server';

export interface TransportOptions extends RpcClientOptions, Omit<RpcServerOptions, 'metrics'> {
  /** `redis://…` or `rediss://…` */
  redisUrl: string;
  /** The service of this process; its calls are `<service>.…`. */
  service: string;
  /** Name of this replica for operators; `<service>-<random>` by default. */
  instanceId?: string;
  /** First part of every key, `perennial` by default. */
  keyPrefix?: string;
  /** The process's metrics: calls, dead letters and Redis are observed in them. */
  metrics?: Metrics;
  /** The process's logger. Without one, warnings and errors go to standard output. */
  log?: Logger;
  /**
   * The deployment's keys: the first signs calls and replies, encrypts secrets, each of them verifies. Without it they are as in older versions.
   */
  secretKeys?: SecretKeys;
  /** Refuses unsigned calls and replies. */
  requireSigned?: boolean;
  /** What this process reports to the fleet each second; without it, only its connection shows that it is there. */
  status?: () => Promise<ProcessStatus>;
}

/**
 * Gives a service its `Rpc`, its `Notices` and its `Connections`, and, after `attachRpcServer`, answers its calls. Providers are global:
 * every module of the service injects them.
 */
@Global()
@Module({})
export class TransportModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Connections) private readonly connections: Connections,
    @Inject(RedisRpcClient) private readonly client: RedisRpcClient,
    @Inject(FleetReporter) private readonly reporter: FleetReporter | undefined,
  ) {}

  static forRoot(options: TransportOptions): DynamicModule {
    const { redisUrl, service, log, secretKeys, requireSigned, status, keyPrefix = 'perennial' } = options;
    const metrics = options.metrics && rpcMetrics(options.metrics);
    const instanceId = options.instanceId ?? `${service}-${randomBytes(3).toString('hex')}`;
    return {
      module: TransportModule,
      providers: [
        {
          provide: Connections,
          useFactory: () => {
            const connections = new Connections({
              redisUrl,
              keyPrefix,
              service,
              instanceId,
              log,
              secretKeys,
              requireSigned,
            });
            if (metrics) connections.deadLetters.observe((source) => metrics.deadLetter(source));
            if (options.metrics) observeRedis(connections, options.metrics);
            return connections;
          },
        },
        {
          provide: RedisRpcClient,
          inject: [Connections],
          useFactory: (connections: Connections) => new RedisRpcClient(connections, options),
        },
        {
          provide: FleetReporter,
          inject: [Connections],
          useFactory: (connections: Connections) => status && new FleetReporter(connections, status),
        },
        { provide: Rpc, inject: [RedisRpcClient], useFactory: (client: RedisRpcClient) => new Rpc(client, metrics) },
        { provide: Notices, inject: [Connections], useFactory: (connections: Connections) => new Notices(connections) },
        {
          provide: RedisRpcServer,
          inject: [Connections],
          useFactory: (connections: Connections) => new RedisRpcServer(connections, { ...options, metrics }),
        },
      ],
      exports: [Connections, RedisRpcClient, Rpc, Notices, RedisRpcServer],
    };
  }

  onApplicationBootstrap(): void {
    this.reporter?.start();
  }

  /** After the servers have drained, because handlers make calls until their end. */
  async onApplicationShutdown(): Promise<void> {
    await this.reporter?.stop();
    this.client.close();
    this.connections.close();
  }
}

/**
 * A service without HTTP of its own: `NestFactory.createMicroservice(AppModule, rpcMicroservice)`, then `app.listen()`.
 * The server is `app.get(RedisRpcServer)`, for readiness (`isReady`) and draining (`drain`).
 */
export const rpcMicroservice: AsyncMicroserviceOptions = {
  inject: [RedisRpcServer],
  useFactory: (server: RedisRpcServer) => ({ strategy: server }),
};

/** A hybrid application (one with HTTP): call it before `app.startAllMicroservices()`. */
export function attachRpcServer(app: INestApplication): RedisRpcServer {
  const server = app.get(RedisRpcServer);
  app.connectMicroservice<MicroserviceOptions>({ strategy: server });
  return server;
}
