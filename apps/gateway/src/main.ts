import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { runService } from '@perennial/runtime';
import { Connections } from '@perennial/transport';
import { createGateway } from './application';
import { gatewayEnv } from './env';
import { GatewayModule } from './gateway.module';
import { GatewayTransport } from './gateway-transport';
import { listen } from './http/accepting';

/** Our own page, built beside this file (`apps/gateway/dist/main.js`). */
const OWN_PAGE = fileURLToPath(new URL('../../web/dist', import.meta.url));

await runService<typeof gatewayEnv, NestFastifyApplication>({
  name: 'gateway',
  env: gatewayEnv,
  module: (env, runtime) => GatewayModule.forRoot(env, OWN_PAGE, GatewayTransport.forRoot(env, runtime)),
  shutdownDelayMs: (env) => env.SHUTDOWN_DELAY_MS,
  create: (module, options) => createGateway(module as DynamicModule, options),
  setup: async (app, runtime, env) => {
    const connections = app.get(Connections);
    // It serves pages without Redis too, so it stays in the balancer.
    const check = async (): Promise<void> => {
      if (!(await connections.isReachable())) throw new Error('Redis cannot be reached');
    };
    runtime.readiness.register('redis', check, { required: false });
    await listen(app, env.PORT, env.HOST);
    runtime.log.info({ url: await app.getUrl() }, 'listening');
  },
});
