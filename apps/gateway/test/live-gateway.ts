import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnv, Runtime, RuntimeModule } from '@perennial/runtime';
import { createGateway } from '../src/application';
import { gatewayEnv } from '../src/env';
import { GatewayModule } from '../src/gateway.module';
import { GatewayTransport } from '../src/gateway-transport';
import { SECRET } from './edge';

export interface LiveGateway {
  url: string;
  app: NestFastifyApplication;
  runtime: Runtime;
  /** Like SIGTERM. */
  drain(): Promise<void>;
}

/** A whole gateway in this process, listening on a free port, over a real Redis. */
export async function startGateway(
  redisUrl: string,
  keyPrefix: string,
  source: Record<string, string> = {},
): Promise<LiveGateway> {
  const env = readEnv(
    gatewayEnv,
    { REDIS_URL: redisUrl, REDIS_KEY_PREFIX: keyPrefix, SECRET_KEY: SECRET, LOG_LEVEL: 'silent', ...source },
    { service: 'gateway' },
  );
  const runtime = new Runtime({ name: 'gateway', logLevel: env.LOG_LEVEL });
  const module = class {};
  const imports = [
    RuntimeModule.forRoot(runtime),
    GatewayModule.forRoot(env, '/nowhere', GatewayTransport.forRoot(env, runtime)),
  ];
  const app = await createGateway({ module, imports }, { env, runtime, logger: false });
  await app.listen(0, '127.0.0.1');
  let drained = false;
  return {
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    app,
    runtime,
    async drain() {
      if (drained) return;
      drained = true;
      runtime.drain.begin();
      const until = performance.now() + 5_000;
      await runtime.drain.run('intake', until);
      await runtime.drain.run('work', until);
      await app.close();
      await runtime.drain.run('close', until);
    },
  };
}
