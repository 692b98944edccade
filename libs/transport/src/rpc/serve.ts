import type { INestApplicationContext } from '@nestjs/common';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import type { Runtime } from '@perennial/runtime';
import { Connections } from '../redis';
import { RedisRpcServer } from './rpc-server';

/** `server` of a service that runs under `runService`: its module's `RedisRpcServer`. */
export const rpcServer: AsyncMicroserviceOptions = {
  inject: [RedisRpcServer],
  useFactory: (strategy: RedisRpcServer) => ({ strategy }),
};

/** Calls are short; what is still in work after this is handed to another replica, so that runs get the rest of the grace. */
const DRAIN_CALLS_MS = 5_000;

/** Ties a service's transport to its process: ready only with Redis and while calls are taken; on SIGTERM no call is taken any more. */
export function tieRpcServer(app: INestApplicationContext, runtime: Runtime): void {
  const server = app.get(RedisRpcServer);
  const connections = app.get(Connections);
  runtime.readiness.register('redis', async () => {
    if (!(await connections.isReachable())) throw new Error('Redis cannot be reached');
  });
  runtime.readiness.register('calls', () => {
    if (!server.isReady) throw new Error('calls are not taken');
  });
  runtime.drain.add('intake', 'drain calls', ({ remainingMs }) => server.drain(Math.min(remainingMs, DRAIN_CALLS_MS)));
}
