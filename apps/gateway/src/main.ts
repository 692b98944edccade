import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { runService } from '@perennial/runtime';
import { createGateway } from './application';
import { gatewayEnv } from './env';
import { GatewayTransport } from './gateway-transport';
import { GatewayModule } from './gateway.module';

/** Our own page, as it is built beside this file (`apps/gateway/dist/main.js`). */
const OWN_PAGE = fileURLToPath(new URL('../../web/dist', import.meta.url));

await runService<typeof gatewayEnv, NestFastifyApplication>({
  name: 'gateway',
  env: gatewayEnv,
  module: (env, runtime) => GatewayModule.forRoot(env, OWN_PAGE, GatewayTransport.forRoot(env, runtime)),
  shutdownDelayMs: (env) => env.SHUTDOWN_DELAY_MS,
  create: (module, options) => createGateway(module as DynamicModule, options),
  setup: async (app, runtime, env) => {
    await app.listen(env.PORT, env.HOST);
    runtime.log.info({ url: await app.getUrl() }, 'users are served');
  },
});
